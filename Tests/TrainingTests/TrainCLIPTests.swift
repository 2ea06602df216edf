import ArtifactTypes
import Core
import Foundation
import Tensor
import Testing
import Training

@Suite(.serialized) struct TrainCLIPTests {
  @Test(arguments: [Precision.float32, .bfloat16])
  func `A training lowers the loss and repeats itself bit by bit`(_ precision: Precision) async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    var training = world.training(try await world.tokenizer())
    training.precision = precision
    let first = try await training.run(world.context)
    let losses = try #require(try first.log()[column: "loss"]).compactMap(\.value)
    let (start, end) = (try #require(losses.first), try #require(losses.last))
    #expect(losses.count == 30)
    #expect(end < start * 0.7, "from \(start) to \(end)")
    #expect(try await training.run(world.context).content.digest == first.content.digest)
    training.seed = 1
    #expect(try await training.run(world.context).content.digest != first.content.digest)
  }

  @Test(arguments: [Precision.float32, .bfloat16], [0, 3])
  func `Activations that are computed again give the same bytes`(_ precision: Precision, _ microBatch: Int) async throws
  {
    let world = try SmallWorld()
    defer { world.remove() }
    var training = world.training(try await world.tokenizer())
    training.precision = precision
    training.microBatch = microBatch
    training.steps = 5
    let kept = try await training.run(world.context)
    training.recomputesActivations = true
    #expect(try await training.run(world.context).content.digest == kept.content.digest)
  }

  @Test func `Bfloat16 follows float32`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    var training = world.training(try await world.tokenizer())
    training.precision = .float32
    let exact = try #require(try await training.run(world.context).log()[column: "loss"]).compactMap(\.value)
    training.precision = .bfloat16
    let checkpoint = try await training.run(world.context)
    let rounded = try #require(try checkpoint.log()[column: "loss"]).compactMap(\.value)
    #expect(rounded != exact && rounded.count == exact.count)
    // Eight bits of mantissa: each step's loss within a hundredth at first, within a tenth of its fall in the end.
    let fall = exact[0] - exact[exact.count - 1]
    #expect(abs(rounded[0] - exact[0]) < 0.01 * exact[0])
    for (one, other) in zip(rounded, exact) { #expect(abs(one - other) < 0.1 * fall) }
    // What is kept is float32: most weights have bits that bfloat16 has not.
    let tensors = try Safetensors.decode(checkpoint.file("model.safetensors").bytes(), subject: "test")
    let weights = try #require(tensors["visual_projection.weight"]).elements
    #expect(weights.count { $0.bitPattern & 0xFFFF != 0 } > weights.count / 2)
  }

  @Test func `A checkpoint has the tensors of MetaClip2Model and is read back`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    let tokenizer = try await world.tokenizer()
    var training = world.training(tokenizer)
    training.model.text.layers = 1
    training.steps = 1
    let checkpoint = try await training.run(world.context)
    let tensors = try Safetensors.decode(checkpoint.file("model.safetensors").bytes(), subject: "test")
    // 46 for one layer in each tower: Hugging Face's layout.
    #expect(tensors.count == 46)
    #expect(tensors["vision_model.embeddings.patch_embedding.weight"]?.shape == [16, 3, 4, 4])
    #expect(tensors["text_model.encoder.layers.0.self_attn.k_proj.weight"]?.shape == [16, 16])
    #expect(tensors["logit_scale"]?.shape == [])
    let embeddings = try await EncodePictures(checkpoint: checkpoint, pictures: world.pictures).run(world.context)
    let (vectors, dimension) = try embeddings.vectors()
    #expect(dimension == 16 && vectors.count == 8 * 16)
    #expect(try embeddings.ids() == SmallWorld.colors.map(\.id))
    for row in 0..<8 {
      #expect(abs(vectors[(row * 16)..<((row + 1) * 16)].reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }
  }

  @Test func `Texts are encoded by language and field, under the pair's id and the text's position`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    let tokenizer = try await world.tokenizer()
    let checkpoint = try await world.training(tokenizer).with(\.steps, 1).run(world.context)
    let stage = EncodeTexts(checkpoint: checkpoint, tokenizer: tokenizer, pairs: world.pairs)
    let all = try await stage.run(world.context)
    let ids = SmallWorld.colors.flatMap { color in (0..<3).map { "\(color.id)/\($0)" } }
    #expect(try all.ids() == ids)
    let (vectors, dimension) = try all.vectors()
    #expect(dimension == 16 && vectors.count == 24 * 16)

    // The model's own encoder is the reference, row by row.
    let model = try TrainedModel(checkpoint, tokenizer: tokenizer, threads: 1)
    let german = try await stage.with(\.languages, ["de"]).with(\.fields, ["name"]).run(world.context)
    #expect(try german.ids() == SmallWorld.colors.map { "\($0.id)/1" })
    let expected = try model.encode(SmallWorld.colors.map(\.german))
    for (found, wanted) in zip(try german.vectors().elements, expected) { #expect(abs(found - wanted) < 1e-5) }
    #expect(try await stage.with(\.fields, ["none"]).run(world.context).ids().isEmpty)
  }

  @Test func `A text's embedding does not depend on the texts beside it`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    let tokenizer = try await world.tokenizer()
    let checkpoint = try await world.training(tokenizer).run(world.context)
    let model = try TrainedModel(checkpoint, tokenizer: tokenizer, threads: 1)
    let together = try model.encode(["red square", "a much longer text about a blue square", ""])
    let alone = try model.encode(["red square"])
    for (a, b) in zip(together, alone) { #expect(abs(a - b) < 1e-5) }
    #expect(together.count == 3 * 16)
  }

  @Test func `Another tokenizer than the model's is an error`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    var training = world.training(try await world.tokenizer())
    training.steps = 1
    let checkpoint = try await training.run(world.context)
    let other = try await TrainTokenizer(pairs: world.pairs, vocabularySize: 35).run(world.context)
    let error = #expect(throws: OperationError.self) { try TrainedModel(checkpoint, tokenizer: other, threads: 1) }
    #expect(error?.cause.contains("pass that one") == true)
  }

  @Test func `A loss that is not finite stops the training and names the step`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    var training = world.training(try await world.tokenizer())
    training.learningRate = 1e38
    training.warmUpSteps = 0
    let error = await #expect(throws: OperationError.self) { try await training.run(world.context) }
    #expect(error?.subject.hasSuffix("of 30") == true)
    #expect(error?.cause.contains("learning rate") == true)
  }

  @Test func `Settings that do not fit are an error before anything is computed`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    var training = world.training(try await world.tokenizer())
    training.model.patchSize = 3
    await #expect(throws: OperationError.self) { try await training.run(world.context) }
    training.model.patchSize = 4
    training.model.text.heads = 5
    await #expect(throws: OperationError.self) { try await training.run(world.context) }
  }

  private func probabilities(_ values: [Float], in folder: String) throws -> KeepingProbabilities {
    let writer = try KeepingProbabilitiesWriter(folder: folder)
    try writer.write(values)
    return try writer.finish()
  }

  @Test func `Texts that are kept for sure train as if nothing was balanced, others do not`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    var training = world.training(try await world.tokenizer())
    training.steps = 3
    let plain = try await training.run(world.context).content.digest
    training.keeping = try probabilities([Float](repeating: 1, count: 24), in: world.folder)
    #expect(try await training.run(world.context).content.digest == plain)
    training.keeping = try probabilities((0..<24).map { $0.isMultiple(of: 3) ? 1 : 0.3 }, in: world.folder)
    let balanced = try await training.run(world.context)
    #expect(balanced.content.digest != plain)
    #expect(try await training.run(world.context).content.digest == balanced.content.digest)
    training.samplingMode = .oneTextOfEachPair
    #expect(try await training.run(world.context).content.digest != balanced.content.digest)
  }

  @Test func `Probabilities of other pairs, and such that keep nothing, are errors`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    var training = world.training(try await world.tokenizer())
    for (values, cause) in [
      ([Float](repeating: 1, count: 23), "these very pairs"), ([Float](repeating: 1, count: 25), "these very pairs"),
      ([Float](repeating: 0, count: 24), "ever kept"), ([Float](repeating: 1e-30, count: 24), "higher threshold"),
    ] {
      training.keeping = try probabilities(values, in: world.folder)
      let error = await #expect(throws: OperationError.self) { try await training.run(world.context) }
      #expect(error?.cause.contains(cause) == true, "\(values.count): \(error?.cause ?? "no error")")
    }
  }

  @Test func `A cancelled training stops`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    var training = world.training(try await world.tokenizer())
    training.steps = 1_000_000
    let (endless, context) = (training, world.context)
    let task = Task { try await endless.run(context) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
