import ArtifactTypes
import Core
import Foundation
import Tensor
import Testing
import Training

@Suite struct GoldenModelTests {
  @Test func `A model of the transformers library gives here what it gives there, pooled at the first end`()
    async throws
  {
    let folder = try TensorFolder()
    let checkpoint = try await TensorFolder.goldenImport().run(folder.context)
    let model = try CLIPModel(checkpoint, tokenizer: nil, precision: .float32)
    let expected = try TensorFolder.expected()
    let found = try TensorFolder.outputs(model, expected)
    #expect(difference(found.pictureEmbeddings, expected.pictureEmbeddings) < 1e-5)
    #expect(difference(found.textEmbeddings, expected.textEmbeddings) < 1e-5)
    #expect(difference(found.logits, expected.logits) < 1e-5)
  }

  @Test func `What was imported has the tensors of its source, bit by bit`() async throws {
    let folder = try TensorFolder()
    let checkpoint = try await TensorFolder.goldenImport().run(folder.context)
    let tensors = try Safetensors.decode(checkpoint.file("model.safetensors").bytes(), subject: "import")
    #expect(try tensors == TensorFolder.tensors())
    let model = try CLIPModel(checkpoint, tokenizer: nil, precision: .float32)
    #expect(try Safetensors.decode(model.safetensors(), subject: "export") == tensors)
  }

  /// With `COLOPHON_EXPORT` set to a folder, it is left there for `Golden/make.py check`.
  @Test func `What is written is read back and gives the same`() async throws {
    var configuration = ModelConfiguration()
    (configuration.pictureSize, configuration.patchSize, configuration.contextLength) = (8, 4, 9)
    configuration.vision = .init(width: 12, layers: 2, heads: 3, mlpWidth: 20)
    configuration.text = .init(width: 8, layers: 3, heads: 2)
    configuration.embeddingWidth = 5
    let model = try CLIPModel.initial(configuration, vocabularySize: 40, precision: .float32, seed: 3)
    let tokenizer = try Tokenizer(model: TensorFolder.bytes("tokenizer.model"), ids: .fairseq)
    let ids = try SentencePieceModel(tokenizer).specialIDs
    let files =
      ArtifactContent(bytes: try model.safetensors(), name: "model.safetensors").files
      + ArtifactContent(
        bytes: try model.configurationFile(tokenizer: tokenizer.content.digest, ids: ids), name: "config.json"
      ).files + (try TransformersFiles.make(configuration, tokenizer: tokenizer))
    let checkpoint = try Checkpoint(content: ArtifactContent(files: files))
    let found = try TensorFolder.outputs(model, TensorFolder.expected())
    let again = try TensorFolder.outputs(CLIPModel(checkpoint, tokenizer: tokenizer, precision: .float32), found)
    #expect(difference(found.logits, again.logits) == 0)
    #expect(
      checkpoint.presentation
        == .text("a checkpoint of \(checkpoint.content.byteCount) bytes that was trained elsewhere"))
    if let path = ProcessInfo.processInfo.environment["COLOPHON_EXPORT"] {
      for file in files { try Data(file.bytes()).write(to: URL(fileURLWithPath: path + "/" + file.name)) }
      try JSONEncoder().encode(found).write(to: URL(fileURLWithPath: path + "/outputs.json"))
    }
  }
}
