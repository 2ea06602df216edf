import Foundation
import Testing

/// What fuzzing began with and what it found, read again: each file of the corpus goes through the parser that it is
/// for.
@Suite struct CorpusTests {
  static let corpus =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path + "/Corpus"

  /// The parsers by the names of their folders.
  static let parsers: [String: @Sendable ([UInt8]) -> String?] = [
    "lock": LockInput.fault, "record": RecordInput.fault, "chunk": ChunkInput.fault, "notebook": NotebookInput.fault,
    "frame": FrameInput.fault, "attestation": AttestationInput.fault, "content": ContentInput.fault,
  ]

  static func files(of parser: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(corpus)/\(parser)")) ?? []).sorted()
  }

  static let samples = parsers.keys.sorted().flatMap { parser in files(of: parser).map { "\(parser)/\($0)" } }

  @Test func `Every parser has a corpus, and every corpus a parser`() throws {
    #expect(try FileManager.default.contentsOfDirectory(atPath: Self.corpus).sorted() == Self.parsers.keys.sorted())
    for parser in Self.parsers.keys { #expect(Self.files(of: parser).count > 5, "\(parser)") }
  }

  @Test(arguments: samples)
  func `A file of the corpus is read or refused, and what was read is written as it was`(name: String) throws {
    let parser = try #require(Self.parsers[String(name.prefix { $0 != "/" })])
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(Self.corpus)/\(name)")))
    #expect(parser(bytes) == nil)
  }

  @Test(arguments: samples)
  func `The beginnings of a file, cut anywhere, are read or refused too`(name: String) throws {
    let parser = try #require(Self.parsers[String(name.prefix { $0 != "/" })])
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(Self.corpus)/\(name)")))
    for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 40)) {
      #expect(parser(Array(bytes.prefix(count))) == nil, "the first \(count) bytes")
    }
  }
}
