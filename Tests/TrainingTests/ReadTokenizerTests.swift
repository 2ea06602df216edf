import ArtifactTypes
import Core
import Foundation
import Testing
import Training

@Suite struct ReadTokenizerTests {
  /// The IDs that the transformers library's fast `XLMRobertaTokenizer` gives.
  private struct Expected: Decodable {
    var count: Int
    var texts: [String]
    var ids: [[Int32]]
    /// With truncation to 6.
    var cut: [[Int32]]
  }

  @Test func `With fairseq's rule the ids are those of the transformers library`() async throws {
    let folder = try TensorFolder()
    let stage = ReadTokenizer(file: InputFile(TensorFolder.golden + "/tokenizer.model"), ids: .fairseq)
    let model = try SentencePieceModel(await stage.run(folder.context))
    let expected = try JSONDecoder().decode(Expected.self, from: Data(TensorFolder.bytes("ids.json")))
    #expect(model.count == expected.count)
    for (text, (ids, cut)) in zip(expected.texts, zip(expected.ids, expected.cut)) {
      let found = try model.encode(text)
      #expect(model.framed(found, contextLength: 77) == ids, "\(text)")
      #expect(model.framed(found, contextLength: 6) == cut, "\(text)")
    }
  }

  private func trained(unknown: Int32, pad: Int32, begin: Int32, end: Int32) throws -> [UInt8] {
    let texts = ["a red dog", "the blue cat", "ein roter Hund", "die blaue Katze"].map { Array($0.utf8) }
    let offsets = texts.reduce(into: [Int64(0)]) { $0.append(($0.last ?? 0) + Int64($1.count)) }
    return try SentencePieceModel.train(
      texts: Array(texts.joined()), offsets: offsets, vocabulary: 60, coverage: 1, normalization: "identity",
      threads: 1,
      special: SpecialPieces(pad: pad, unknown: unknown, begin: begin, end: end))
  }

  @Test func `Fairseq's rule moves every piece by one and puts four special ids first`() throws {
    let bytes = try trained(unknown: 0, pad: -1, begin: 1, end: 2)
    let (stored, fairseq) = (try SentencePieceModel(bytes: bytes), try SentencePieceModel(bytes: bytes, ids: .fairseq))
    #expect((fairseq.begin, fairseq.pad, fairseq.end, fairseq.unknown) == (0, 1, 2, 3))
    #expect(fairseq.count == stored.count + 2)
    for text in ["a red cat", "die Katze", "字 dog"] {
      let ids = try fairseq.encode(text)
      #expect(try ids == stored.encode(text).map { $0 == 0 ? 3 : $0 + 1 })
      #expect(try fairseq.decode([0] + ids + [2, 1]) == stored.decode(stored.encode(text)))
    }
    #expect(["<s>", "<pad>", "</s>", "<unk>"] == (0..<4).map { fairseq.piece($0) })
    #expect(fairseq.piece(Int32(fairseq.count - 1)) == "<mask>" && fairseq.piece(Int32(fairseq.count)) == nil)
    #expect(fairseq.framed([7, 8, 9], contextLength: 4) == [0, 7, 8, 2])
    #expect(stored.framed([7, 8, 9], contextLength: 3) == [7, 8, 2])
  }

  @Test func `Stored ids are the file's, as mT5 has them, without a beginning`() async throws {
    let folder = try TensorFolder()
    let bytes = try trained(unknown: 2, pad: 0, begin: -1, end: 1)
    try folder.write(bytes, "spiece.model")
    let tokenizer = try await ReadTokenizer(file: InputFile(folder.path + "/spiece.model"), ids: .stored).run(
      folder.context)
    let model = try SentencePieceModel(tokenizer)
    #expect(model.specialIDs == SpecialIDs(pad: 0, begin: nil, end: 1))
    #expect(try model.framed(model.encode("red"), contextLength: 9).last == 1)
    #expect(tokenizer.content.files.map(\.name) == ["tokenizer.model"])
  }

  @Test func `What cannot be a text encoder's tokenizer is an error`() async throws {
    let folder = try TensorFolder()
    try folder.write(trained(unknown: 0, pad: -1, begin: 1, end: -1), "endless.model")
    let endless = ReadTokenizer(file: InputFile(folder.path + "/endless.model"), ids: .stored)
    let error = await #expect(throws: OperationError.self) { try await endless.run(folder.context) }
    #expect(error?.cause.contains("ends a text") == true)
    let bytes = try trained(unknown: 1, pad: 0, begin: 2, end: 3)
    let other = #expect(throws: OperationError.self) { try SentencePieceModel(bytes: bytes, ids: .fairseq) }
    #expect(other?.cause.contains("stored ids") == true)
    #expect(throws: OperationError.self) {
      try Tokenizer(
        content: ArtifactContent(
          files: ArtifactContent(bytes: bytes, name: "tokenizer.model").files
            + ArtifactContent(bytes: Array("other".utf8), name: "ids.txt").files))
    }
  }
}
