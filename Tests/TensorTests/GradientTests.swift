import Tensor
import Testing

/// Gradients against central differences, in float64.
@Suite struct GradientTests {
  struct Layer: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let shapes: [[Int]]
    let apply: @Sendable ([Tensor]) throws -> Tensor
  }

  static let layers: [Layer] = [
    Layer(testDescription: "linear", shapes: [[4, 3], [5, 3], [5]]) { try $0[0].linear($0[1], $0[2], in: .float64) },
    Layer(testDescription: "layerNorm", shapes: [[3, 6], [6], [6]]) { try $0[0].layerNorm($0[1], $0[2], as: .float64) },
    Layer(testDescription: "addThenLayerNorm", shapes: [[3, 5], [3, 5], [5], [5]]) {
      let both = try $0[0].addThenLayerNorm($0[1], $0[2], bias: $0[3], as: .float64)
      return try Tensor.concatenate([both.sum * both.sum, both.normalized])
    },
    Layer(testDescription: "attention", shapes: [[6, 12]]) {
      try $0[0].attention(offsets: .from([0, 2, 6] as [Int64]), heads: 2, causal: false)
    },
    Layer(testDescription: "causal attention", shapes: [[6, 12]]) {
      try $0[0].attention(offsets: .from([0, 5, 6] as [Int64]), heads: 2, causal: true)
    },
    Layer(testDescription: "addThenLayerNorm, its sum alone", shapes: [[3, 5], [3, 5], [5], [5]]) {
      // The weight and the bias take part by nothing, so that they have a gradient.
      let sum = try $0[0].addThenLayerNorm($0[1], $0[2], bias: $0[3], as: .float64).sum
      return try sum * sum + ($0[2] + $0[3]) * 0
    },
    Layer(testDescription: "addThenLayerNorm, its rows alone", shapes: [[3, 5], [3, 5], [5], [5]]) {
      try $0[0].addThenLayerNorm($0[1], $0[2], bias: $0[3], as: .float64).normalized
    },
    Layer(testDescription: "layerNorm of columns", shapes: [[5, 3], [5], [5]]) {
      try $0[0].transposed().layerNorm($0[1], $0[2], as: .float64)
    },
    Layer(testDescription: "mean, sum and largest", shapes: [[3, 4]]) {
      try $0[0].mean(0) * $0[0].sum(0) - $0[0].maximum(0) + $0[0].magnitude().mean()
    },
    Layer(testDescription: "quickGelu", shapes: [[7]]) { try $0[0].quickGelu() },
    Layer(testDescription: "gelu", shapes: [[7]]) { try $0[0].gelu() },
    Layer(testDescription: "embedding", shapes: [[4, 3]]) { try $0[0].embedding(.from([2, 0, 2] as [Int64])) },
    Layer(testDescription: "normalized", shapes: [[3, 4]]) { try $0[0].normalized() },
    Layer(testDescription: "cross-entropy", shapes: [[3, 4]]) { try $0[0].crossEntropy(.from([1, 3, 0] as [Int64])) },
    Layer(testDescription: "attention over sequences of which one is empty", shapes: [[5, 9]]) {
      try $0[0].attention(offsets: .from([0, 3, 3, 5] as [Int64]), heads: 3, causal: true)
    },
    Layer(testDescription: "linear without bias", shapes: [[4, 3], [5, 3]]) { try $0[0].linear($0[1], in: .float64) },
    Layer(testDescription: "softmax", shapes: [[3, 4]]) { try $0[0].softmax(1) },
    Layer(testDescription: "log-softmax", shapes: [[3, 4]]) { try $0[0].logSoftmax(0) },
    Layer(testDescription: "log-sum-exp over all", shapes: [[3, 4]]) { try $0[0].logSumExp() },
    Layer(testDescription: "log-add-exp", shapes: [[3, 4], [4]]) { try $0[0].logAddExp($0[1]) },
    Layer(testDescription: "gathered", shapes: [[3, 4]]) {
      try $0[0].gathered(1, .from([1, 1, 0, 3, 2, 2] as [Int64], shape: [3, 2]))
    },
    Layer(testDescription: "slice, concatenated with another", shapes: [[3, 5], [3, 2]]) {
      try Tensor.concatenate([$0[0].slice(1, 1..<4), $0[1]], 1)
    },
    Layer(testDescription: "filled", shapes: [[2, 3]]) {
      let ones = try Tensor.from([1, 0, 0, 0, 1, 0] as [UInt8], shape: [2, 3])
      return try $0[0].filled(where: ones.equals(.full([], 1, type: .uint8)), with: -3)
    },
    Layer(testDescription: "matrix product that repeats a matrix", shapes: [[2, 3, 4], [4, 2]]) {
      try $0[0].matmul($0[1])
    },
    Layer(testDescription: "quotient that repeats a row", shapes: [[3, 4], [4]]) {
      try $0[0] / ($0[1] * $0[1] + 0.5)
    },
    Layer(testDescription: "exp, log, root", shapes: [[5]]) {
      try (($0[0] * $0[0] + 0.3).log() + $0[0].exp()) * ($0[0] * $0[0] + 0.3).squareRoot()
    },
    Layer(
      testDescription: "a patch embedding with its class token and positions",
      shapes: [[6, 12], [4, 12], [4], [4, 4]]
    ) {
      let patches = try $0[0].linear($0[1], in: .float64).reshaped(2, 3, 4)
      let first = try $0[2].reshaped(1, 1, 4).expanded(to: [2, 1, 4])
      return try (Tensor.concatenate([first, patches], 1) + $0[3]).reshaped(8, 4)
    },
    Layer(testDescription: "log-sum-exp of a selection", shapes: [[3, 4]]) {
      try $0[0].selecting(.from([2, 1] as [Int64])).logSumExp(1)
    },
  ]

  @Test(arguments: layers) func `A layer's gradient is its slope`(_ layer: Layer) throws {
    let values = layer.shapes.enumerated().map { position, shape in
      OperationTests.random(shape.reduce(1, *), UInt64(position + 10)).map(Double.init)
    }
    func loss(_ values: [[Double]]) throws -> (loss: Tensor, inputs: [Tensor]) {
      let inputs = try zip(values, layer.shapes).map { try Tensor.from($0, shape: $1).requiringGradient() }
      let output = try layer.apply(inputs)
      // A weighted sum, so that every output has its own slope.
      let weights = OperationTests.random(output.count, 99).map(Double.init)
      return (try (output * .from(weights, shape: output.shape)).sum(), inputs)
    }
    let (value, inputs) = try loss(values)
    try value.backward()
    for (position, input) in inputs.enumerated() {
      let gradient = try #require(try input.gradient).elements(as: Double.self)
      for index in values[position].indices {
        let step = 1e-5
        var above = values
        var below = values
        above[position][index] += step
        below[position][index] -= step
        let slope = try (loss(above).loss.item() - loss(below).loss.item()) / (2 * step)
        #expect(
          abs(gradient[index] - slope) < 1e-6 * max(1, abs(slope)), "\(layer.testDescription) \(position) \(index)")
      }
    }
  }

  @Test func `Bfloat16 layers stay close to float32`() throws {
    let x = OperationTests.random(64 * 24)
    let w = OperationTests.random(96 * 24, 5).map { $0 * 0.2 }
    let b = OperationTests.random(96, 6)
    func run(_ type: ElementType) throws -> (output: [Float], gradient: [Float]) {
      let input = try Tensor.from(x, shape: [64, 24]).requiringGradient()
      let ones = try Tensor.full([24], 1)
      let zeros = try Tensor.zeros([24])
      let hidden = try input.layerNorm(ones, zeros, as: type).linear(.from(w, shape: [96, 24]), .from(b), in: type)
        .quickGelu()
      let output = try hidden.slice(1, 0..<72).attention(
        offsets: .from([0, 10, 64] as [Int64]), heads: 3, causal: true)
      try (output.cast(.float32) * output.cast(.float32)).mean().backward()
      return (try output.elements(), try #require(try input.gradient).elements())
    }
    let (wide, narrow) = (try run(.float32), try run(.bfloat16))
    func distance(_ a: [Float], _ b: [Float]) -> Float {
      let difference = zip(a, b).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      return (difference / a.reduce(Float(0)) { $0 + $1 * $1 }).squareRoot()
    }
    #expect(distance(wide.output, narrow.output) < 0.02)
    #expect(distance(wide.gradient, narrow.gradient) < 0.05)
    #expect(distance(wide.output, narrow.output) > 0)
  }

  @Test func `Sums over rows do not depend on the number of threads`() throws {
    let x = OperationTests.random(1500 * 16)
    let b = OperationTests.random(16, 3)
    func gradients(_ threads: Int) throws -> [[Float]] {
      try Torch.setThreads(threads)
      let weight = try Tensor.full([16], 1).requiringGradient()
      let bias = try Tensor.from(b).requiringGradient()
      let output = try Tensor.from(x, shape: [1500, 16]).layerNorm(weight, bias)
      try (output * output).sum().backward()
      return try [weight, bias].map { try #require(try $0.gradient).elements() }
    }
    let one = try gradients(1)
    #expect(try gradients(2) == one)
  }
}
