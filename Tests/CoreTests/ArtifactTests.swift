import Core
import Foundation
import Testing

@Suite struct ArtifactTests {
  struct Scores: Artifact, Codable, Equatable {
    var accuracy: Double
    var names: [String]
  }

  @Test(arguments: [0.1, 1.0 / 3, .infinity, -.infinity, 2.5e-300, 1e300])
  func `A value artifact comes back as it was`(accuracy: Double) throws {
    let scores = Scores(accuracy: accuracy, names: ["a", "é", "犬"])
    #expect(try Scores(content: scores.makeContent()) == scores)
  }

  @Test func `The digest of one file is what sha256sum prints`() throws {
    let content = ArtifactContent(bytes: Array("abc".utf8), name: "x.txt")
    #expect(content.digest.hexadecimal == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func `The digest of several files depends on names and bytes and not on order`() {
    func file(_ name: String, _ text: String) -> ContentFile {
      ContentFile(
        name: name, digest: Digest(of: text), byteCount: Int64(text.utf8.count), location: .memory(Array(text.utf8)))
    }
    let one = ArtifactContent(files: [file("a", "1"), file("b", "2")])
    #expect(one.digest == ArtifactContent(files: [file("b", "2"), file("a", "1")]).digest)
    #expect(one.digest != ArtifactContent(files: [file("a", "2"), file("b", "1")]).digest)
    #expect(one.digest != ArtifactContent(files: [file("a", "1"), file("c", "2")]).digest)
  }

  @Test func `Digests read back from hexadecimal and nothing else`() {
    let digest = Digest(of: "x")
    #expect(Digest(hexadecimal: digest.hexadecimal) == digest)
    #expect(Digest(hexadecimal: digest.hexadecimal.uppercased()) == digest)
    #expect(Digest(hexadecimal: String(digest.hexadecimal.dropLast())) == nil)
    #expect(Digest(hexadecimal: String(repeating: "g", count: 64)) == nil)
  }

  @Test func `A file that cannot be read is named`() {
    #expect {
      _ = try ArtifactContent(path: "/no/such/file")
    } throws: { error in
      "\(error)".contains("/no/such/file") && "\(error)".contains("No such file")
    }
  }
}
