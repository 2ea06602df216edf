import ArtifactTypes
import Core
import Testing
import Training

@Suite struct TokenizerTests {
  @Test func `Texts come back from their pieces, and special ids are where they belong`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    let tokenizer = try await world.tokenizer()
    let model = try SentencePieceModel(tokenizer)
    #expect((model.pad, model.unknown, model.begin, model.end) == (0, 1, 2, 3))
    for color in SmallWorld.colors {
      for text in [color.english, color.german] {
        let ids = try model.encode(text)
        #expect(!ids.isEmpty && ids.allSatisfy { $0 > 3 && $0 < Int32(model.count) })
        #expect(try model.decode(ids) == text)
      }
    }
    #expect(try model.encode("").isEmpty)
    #expect(try model.encode("字").contains(1))
    #expect(try tokenizer.pieces(of: "red square").joined() == "▁red▁square")
    #expect(throws: OperationError.self) { try model.decode([100_000]) }
  }

  @Test func `Training twice gives the same bytes`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    #expect(try await world.tokenizer().content.digest == world.tokenizer().content.digest)
  }

  @Test func `Bytes that are no model are an error`() throws {
    #expect(throws: OperationError.self) { try SentencePieceModel(bytes: Array("no model".utf8)) }
  }
}
