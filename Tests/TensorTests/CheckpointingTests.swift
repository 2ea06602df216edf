import Core
import Tensor
import Testing

@Suite struct CheckpointingTests {
  /// Two blocks over a residual and what is added to it, then a layer normalisation; all gradients, the inputs' first.
  private func gradients(_ type: ElementType, recomputing: Bool, parts: Int = 1) throws -> [[Float]] {
    func parameter(_ shape: [Int], _ key: UInt64) throws -> Tensor {
      try Tensor.from(OperationTests.random(shape.reduce(1, *), key).map { $0 * 0.3 }, shape: shape).requiringGradient()
    }
    let x = try parameter([9, 12], 1)
    // No parameter is in two blocks: its gradients would be added up in another order.
    let scales = try (8..<11).map { try parameter([12], $0) }
    let shifts = try (11..<14).map { try parameter([12], $0) }
    let weights = try (4..<8).map { try parameter($0.isMultiple(of: 2) ? [36, 12] : [12, 12], $0) }
    let offsets = try Tensor.from([0, 2, 9] as [Int64])
    for _ in 0..<parts {
      var stream = [x]
      for layer in 0..<2 {
        let block = { (stream: [Tensor]) throws(OperationError) -> [Tensor] in
          var (residual, normal) = (stream[0], stream[0])
          if stream.count == 1 {
            normal = try residual.layerNorm(scales[layer], shifts[layer], as: type)
          } else {
            (residual, normal) = try residual.addThenLayerNorm(stream[1], scales[layer], bias: shifts[layer], as: type)
          }
          let attended = try normal.linear(weights[layer * 2], in: type).attention(
            offsets: offsets, heads: 3, causal: true)
          return [residual, try attended.linear(weights[layer * 2 + 1], in: type).quickGelu()]
        }
        stream = recomputing ? try Torch.checkpoint(stream, outputs: 2, block) : try block(stream)
      }
      let output = try stream[0].addThenLayerNorm(stream[1], scales[2], bias: shifts[2], as: type).normalized.cast(
        .float32)
      try (output * output * output).sum().backward()
    }
    return try ([x] + scales + shifts + weights).map { try #require(try $0.gradient).elements() }
  }

  @Test(arguments: [1, 3]) func `Gradients are those without it, bit by bit`(_ parts: Int) throws {
    let kept = try gradients(.float32, recomputing: false, parts: parts)
    #expect(kept.allSatisfy { $0.contains { abs($0) > 1e-4 } })
    #expect(try gradients(.float32, recomputing: true, parts: parts) == kept)
  }

  @Test func `A block runs once forward and once backward, or once where nothing is recorded`() throws {
    nonisolated(unsafe) var runs = 0
    let weight = try Tensor.full([2, 2], 3).requiringGradient()
    let x = try Tensor.full([1, 2], 2)
    func output() throws -> Tensor {
      try Torch.checkpoint([x], outputs: 1) { inputs throws(OperationError) in
        runs += 1
        return [try inputs[0].linear(weight)]
      }[0]
    }
    #expect(try Torch.withoutGradients { try output().elements(as: Float.self) } == [12, 12])
    #expect(runs == 1)
    // The input requires no gradient; the parameter inside gets its own all the same.
    try output().sum().backward()
    #expect(runs == 3)
    #expect(try #require(try weight.gradient).elements(as: Float.self) == [2, 2, 2, 2])
  }

  @Test func `A block may give its input, a parameter, or a tensor twice, and an output may go unused`() throws {
    let x = try Tensor.full([2], 3).requiringGradient()
    let weight = try Tensor.full([2], 5).requiringGradient()
    let results = try Torch.checkpoint([x], outputs: 5) { inputs throws(OperationError) in
      let square = try inputs[0] * inputs[0]
      return [inputs[0], weight, square, square, try square * weight]
    }
    try (results[0] + results[1] + results[2] + results[3]).sum().backward()
    // 1 + 2 · 2x.
    #expect(try #require(try x.gradient).elements(as: Float.self) == [13, 13])
    #expect(try #require(try weight.gradient).elements(as: Float.self) == [1, 1])
  }

  @Test func `What a block throws is thrown by the caller, forward and backward`() throws {
    let x = try Tensor.full([2, 3], 1).requiringGradient()
    let forward = #expect(throws: OperationError.self) {
      try Torch.checkpoint([x], outputs: 1) { inputs throws(OperationError) in [try inputs[0].matmul(inputs[0])] }
    }
    #expect(forward?.operation == "matmul")
    #expect(forward?.subject == "float32[2, 3], float32[2, 3]")

    nonisolated(unsafe) var runs = 0
    let output = try Torch.checkpoint([x], outputs: 1) { inputs throws(OperationError) in
      runs += 1
      return [runs == 1 ? try inputs[0] * 2 : try inputs[0].matmul(inputs[0])]
    }
    let backward = #expect(throws: OperationError.self) { try output[0].sum().backward() }
    #expect(backward?.operation == "backward")
    #expect(backward?.cause.contains("cannot matmul (float32[2, 3], float32[2, 3])") == true)
    #expect(backward?.cause.contains("Exception raised") == false)
    // The library is as it was.
    #expect(try gradients(.float32, recomputing: true) == gradients(.float32, recomputing: false))
  }

  @Test func `Another number of tensors, whole numbers and another shape in the second run are errors`() throws {
    let x = try Tensor.full([2], 1).requiringGradient()
    let few = #expect(throws: OperationError.self) {
      try Torch.checkpoint([x], outputs: 2) { inputs throws(OperationError) in inputs }
    }
    #expect(few?.cause == "the block returned 1 tensors instead of 2")
    let whole = #expect(throws: OperationError.self) {
      try Torch.checkpoint([x], outputs: 1) { inputs throws(OperationError) in [try inputs[0].cast(.int64)] }
    }
    #expect(whole?.cause.contains("floating-point") == true)
    nonisolated(unsafe) var runs = 0
    let output = try Torch.checkpoint([x], outputs: 1) { inputs throws(OperationError) in
      runs += 1
      return [runs == 1 ? try inputs[0] * 2 : try inputs[0].slice(0, 0..<1)]
    }
    let shape = #expect(throws: OperationError.self) { try output[0].sum().backward() }
    #expect(shape?.cause.contains("another shape") == true)
  }

  @Test func `A block is freed with the graph`() throws {
    final class Witness {}
    weak var witness: Witness?
    func run(_ body: ([Tensor]) throws -> Void) throws {
      let held = Witness()
      witness = held
      let x = try Tensor.full([2], 1).requiringGradient()
      try body(
        Torch.checkpoint([x], outputs: 1) { inputs throws(OperationError) in
          withExtendedLifetime(held) {}
          return [try inputs[0] * 2]
        })
    }
    try run { try $0[0].sum().backward() }
    #expect(witness == nil)
    try run { _ in }
    #expect(witness == nil)
  }

  @Test func `Bfloat16 gradients are those without it, bit by bit`() throws {
    #expect(try gradients(.bfloat16, recomputing: true) == gradients(.bfloat16, recomputing: false))
  }
}
