import ArtifactTypes
import Core
import Foundation
import Tensor
import Testing
import Training

@Suite struct CachedGradientsTests {
  /// Two small encoders of two layers each, and a scale.
  private struct Model {
    var parameters = Parameters()

    init() throws {
      var generator = CounterGenerator(11)
      for tower in ["pictures", "texts"] {
        try parameters.add("\(tower) 1", .normal([9, 6], deviation: 0.5, &generator))
        try parameters.add("\(tower) 2", .normal([4, 9], deviation: 0.5, &generator))
      }
      try parameters.add("scale", .from([Float(1.2)], shape: []))
    }

    func encode(_ rows: Tensor, _ tower: String) throws -> Tensor {
      try rows.matmul(parameters["\(tower) 1"].transposed()).gelu().matmul(parameters["\(tower) 2"].transposed())
        .normalized()
    }

    func gradients() throws -> [[Float]] {
      try parameters.all.map { try #require(try $0.tensor.gradient).elements() }
    }
  }

  /// Pictures with two or one texts each, some of them equal; parts that do and do not divide the batch.
  @Test(arguments: [1, 2, 3, 4, 6, 7])
  func `The gradients are those of the whole batch`(_ part: Int) throws {
    let owners = [0, 0, 1, 2, 2, 3, 4, 5, 5, 6]
    let loss = ContrastiveLoss(owners: owners, texts: [0, 1, 2, 0, 3, 4, 5, 6, 2, 7])
    var generator = CounterGenerator(12)
    let pictures = try Tensor.normal([7, 6], deviation: 1, &generator)
    let texts = try Tensor.normal([owners.count, 6], deviation: 1, &generator)

    let whole = try Model()
    let value = try loss(
      pictures: whole.encode(pictures, "pictures"), texts: whole.encode(texts, "texts"),
      logitScale: whole.parameters["scale"])
    try value.backward()

    let cut = try Model()
    let parts = stride(from: 0, to: 7, by: part).map { $0..<min($0 + part, 7) }
    let rows = parts.map { places in
      let own = owners.indices.filter { places.contains(owners[$0]) }
      return own[0]..<own[own.count - 1] + 1
    }
    let scale = try cut.parameters["scale"]
    let result = try CachedGradients.backward(
      pictures: parts.map { places in { try cut.encode(pictures.slice(0, places), "pictures") } },
      texts: rows.map { rows in { try cut.encode(texts.slice(0, rows), "texts") } }
    ) { try loss(pictures: $0, texts: $1, logitScale: scale) }

    #expect(abs(result - (try value.item())) < 1e-5)
    for (expected, found) in zip(try whole.gradients(), try cut.gradients()) {
      #expect(expected.contains { abs($0) > 1e-3 })
      for (a, b) in zip(expected, found) { #expect(abs(a - b) < 1e-5) }
    }
  }

  @Test(arguments: [1, 3, 7])
  func `A training in parts has the losses and gradients of one in whole steps`(_ part: Int) async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    // Slow enough that no rounding grows within the steps.
    let training = world.training(try await world.tokenizer()).with(\.precision, .float32).with(\.steps, 4)
      .with(\.learningRate, 1e-5)
    let whole = try await training.run(world.context).log()
    let cut = try await training.with(\.microBatch, part).run(world.context).log()
    for column in ["loss", "gradient norm"] {
      let (expected, found) = (try #require(whole[column: column]), try #require(cut[column: column]))
      #expect(expected.count == 4 && found.count == 4)
      for (a, b) in zip(expected, found) {
        let (a, b) = (try #require(a.value), try #require(b.value))
        #expect(a > 0.01 && abs(a - b) < 1e-5 * max(1, a), "\(column): \(a) and \(b)")
      }
    }
  }

  @Test func `Parts as large as the step change nothing, and a training in parts repeats itself`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    let training = world.training(try await world.tokenizer()).with(\.steps, 5)
    let whole = try await training.run(world.context).content.digest
    #expect(try await training.with(\.microBatch, 8).run(world.context).content.digest == whole)
    let parts = training.with(\.microBatch, 3)
    #expect(try await parts.run(world.context).content.digest == parts.run(world.context).content.digest)
    await #expect(throws: OperationError.self) { try await training.with(\.microBatch, -1).run(world.context) }
  }

  @Test(arguments: [Precision.float32, .bfloat16], [0, 3])
  func `Recomputed activations give the same bytes, also in parts`(_ precision: Precision, _ part: Int) async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    let training = world.training(try await world.tokenizer()).with(\.precision, precision).with(\.steps, 4)
      .with(\.microBatch, part)
    let kept = try await training.run(world.context).content.digest
    #expect(try await training.with(\.recomputesActivations, true).run(world.context).content.digest == kept)
  }
}
