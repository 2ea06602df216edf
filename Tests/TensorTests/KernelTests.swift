import Foundation
import Tensor
import Testing

/// The layers that are one node of the graph each, against the same ones put together from elementwise operations and
/// products in float64, whose gradients are libtorch's. The widths are no multiples of a vector, the rows one, few, and
/// more than a partial sum holds.
@Suite struct KernelTests {
  struct Size: CustomTestStringConvertible, Sendable {
    let rows: Int
    let width: Int
    var testDescription: String { "\(rows) × \(width)" }
  }

  static let sizes = [1, 5, 300].flatMap { rows in [1, 3, 17, 33].map { Size(rows: rows, width: $0) } }

  /// A layer and its reference; both are given the inputs and the element type in which the layer multiplies.
  private struct Layer {
    let name: String
    let shapes: [[Int]]
    let apply: ([Tensor], ElementType) throws -> [Tensor]
    let reference: ([Tensor]) throws -> [Tensor]
  }

  /// The layers for rows `[rows, width]`.
  private static func layers(_ size: Size) -> [Layer] {
    let (rows, width) = (size.rows, size.width)
    let offsets = [0, rows / 3, rows / 3, rows]
    func normal(_ x: Tensor, _ weight: Tensor, _ bias: Tensor) throws -> Tensor {
      let difference = try x - x.mean(1, keep: true)
      let variance = try (difference * difference).mean(1, keep: true)
      return try difference / (variance + 1e-5).squareRoot() * weight + bias
    }
    return [
      Layer(
        name: "linear", shapes: [[rows, width], [7, width], [7]],
        apply: { [try $0[0].linear($0[1], $0[2], in: $1)] },
        reference: { [try $0[0].matmul($0[1].transposed()) + $0[2]] }),
      Layer(
        name: "layerNorm", shapes: [[rows, width], [width], [width]],
        apply: { [try $0[0].layerNorm($0[1], $0[2], as: $1)] },
        reference: { [try normal($0[0], $0[1], $0[2])] }),
      Layer(
        name: "addThenLayerNorm", shapes: [[rows, width], [rows, width], [width], [width]],
        apply: {
          let both = try $0[0].addThenLayerNorm($0[1].cast($1), $0[2], bias: $0[3], as: $1)
          return [both.sum, both.normalized]
        },
        reference: {
          let sum = try $0[0] + $0[1]
          return [sum, try normal(sum, $0[2], $0[3])]
        }),
      Layer(
        name: "quickGelu", shapes: [[rows, width]],
        apply: { [try $0[0].cast($1).quickGelu()] },
        reference: { [try $0[0] / ((-$0[0] * 1.702).exp() + 1)] }),
    ]
      + [false, true].map { causal in
        Layer(
          name: causal ? "causal attention" : "attention", shapes: [[rows, 6 * width]],
          apply: {
            [try $0[0].cast($1).attention(offsets: .from(offsets.map(Int64.init)), heads: 2, causal: causal)]
          },
          reference: { [try Self.attention($0[0], offsets, heads: 2, causal: causal)] })
      }
  }

  /// Attention, one sequence and one head after the other.
  private static func attention(_ qkv: Tensor, _ offsets: [Int], heads: Int, causal: Bool) throws -> Tensor {
    let width = qkv.shape[1] / 3 / heads
    let sequences = try zip(offsets, offsets.dropFirst()).filter { $0 < $1 }.map { begin, end in
      let length = end - begin
      let future = (0..<(length * length)).map { UInt8(causal && $0 % length > $0 / length ? 1 : 0) }
      let mask = try Tensor.from(future, shape: [length, length]).equals(.full([], 1, type: .uint8))
      let parts = try (0..<heads).map { head in
        let (queries, keys, values) = try (part(0), part(1), part(2))
        func part(_ part: Int) throws -> Tensor {
          let start = (part * heads + head) * width
          return try qkv.slice(0, begin..<end).slice(1, start..<(start + width))
        }
        let scores = try queries.matmul(keys.transposed()) / Double(width).squareRoot()
        return try scores.filled(where: mask, with: -.infinity).softmax(1).matmul(values)
      }
      return try Tensor.concatenate(parts, 1)
    }
    return try Tensor.concatenate(sequences)
  }

  /// The outputs, then the gradients of a weighted sum of them, as the layer gives them and as its reference does.
  /// - Parameter stored: the element type to which the inputs are rounded for both.
  private static func results(_ layer: Layer, _ type: ElementType?, stored: ElementType) throws -> [[Double]] {
    // What is multiplied in bfloat16 is kept in float32.
    let kept: ElementType = type == .bfloat16 ? .float32 : type ?? .float64
    let inputs = try layer.shapes.enumerated().map { position, shape in
      let values = OperationTests.random(shape.reduce(1, *), UInt64(position + 30))
      return try Tensor.from(values, shape: shape).cast(stored).cast(kept).detached().requiringGradient()
    }
    let outputs = try type.map { try layer.apply(inputs, $0) } ?? layer.reference(inputs)
    var loss = try Tensor.zeros([], kept)
    for (position, output) in outputs.enumerated() {
      // Rounded too, so that the gradient that reaches the layer is the same in every type.
      let weights = try Tensor.from(OperationTests.random(output.count, UInt64(position + 60)), shape: output.shape)
      loss = try loss + (output.cast(kept) * weights.cast(stored).cast(kept)).sum()
    }
    try loss.backward()
    return try (outputs + inputs.map { try #require(try $0.gradient) }).map { try $0.elements(as: Double.self) }
  }

  /// ‖a − b‖ / ‖b‖, where b is not nearly nothing: a row of one element is normalised to its bias, with the slope 0.
  private static func distance(_ a: [Double], _ b: [Double]) -> Double {
    let difference = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let size = b.reduce(0) { $0 + $1 * $1 }
    return (difference / max(size, 1e-2 * Double(b.count))).squareRoot()
  }

  /// The largest distance of a layer from its reference.
  private static func limit(_ layer: Layer, _ type: ElementType, _ size: Size) -> Double {
    switch type {
    case .float64: 1e-12
    // A normalised row of one element divides what should be nothing by √ε, which is 1/316.
    case .float32: size.width == 1 ? 3e-4 : 1e-5
    // One rounding changes a number by at most 2⁻⁸ of it. Products of few numbers libtorch adds up in bfloat16, and all
    // of them where oneDNN has no product in bfloat16.
    default: layer.name == "linear" && (size.rows * size.width * 7 <= 4096 || !multipliesBFloat16) ? 0.05 : 0x1p-8
    }
  }

  /// True where oneDNN multiplies in bfloat16: it needs these parts of AVX-512, and libtorch asks for them by the same
  /// names.
  ///
  /// Source: libtorch's `mkldnn_bf16_device_check`. Without them a product of 300 numbers is off by 2 %, with libtorch
  /// by itself too.
  private static let multipliesBFloat16: Bool = {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let flags = Set(text.split(separator: "\n").first { $0.hasPrefix("flags") }?.split(separator: " ") ?? [])
    return flags.isSuperset(of: ["avx512bw", "avx512vl", "avx512dq"])
  }()

  @Test(arguments: sizes) func `Layers are what their definitions say, forward and backward, in every element type`(
    _ size: Size
  ) throws {
    for layer in Self.layers(size) {
      for type in [ElementType.float64, .float32, .bfloat16] {
        let limit = Self.limit(layer, type, size)
        let stored: ElementType = type == .bfloat16 ? .bfloat16 : .float32
        let expected = try Self.results(layer, nil, stored: stored)
        let found = try Self.results(layer, type, stored: stored)
        #expect(found.map(\.count) == expected.map(\.count))
        for (position, (a, b)) in zip(found, expected).enumerated() {
          let distance = Self.distance(a, b)
          #expect(distance < limit, "\(layer.name) in \(type), result \(position): \(distance)")
        }
      }
    }
  }

  @Test func `Bfloat16 is rounded to the nearest, once`() throws {
    let size = Size(rows: 40, width: 33)
    for layer in Self.layers(size) where ["layerNorm", "quickGelu"].contains(layer.name) {
      let found = try Self.results(layer, .bfloat16, stored: .bfloat16)[0]
      let expected = try Self.results(layer, nil, stored: .bfloat16)[0]
      for (value, exact) in zip(found, expected) {
        // Half of the distance between neighbours is at most 2⁻⁸ of the number; the rest is float32's.
        #expect(abs(value - exact) <= abs(exact) * 0x1p-8 + 1e-6, "\(layer.name): \(value), \(exact)")
      }
    }
  }

  @Test func `One and two threads give the same up to rounding, and the same count the same bits`() throws {
    let before = try Torch.threads()
    defer { try? Torch.setThreads(before) }
    // More rows than a partial sum holds, more elements than one thread takes at a time.
    for layer in Self.layers(Size(rows: 600, width: 33)) {
      for type in [ElementType.float32, .bfloat16] {
        func results(_ threads: Int) throws -> [[Double]] {
          try Torch.setThreads(threads)
          return try Self.results(layer, type, stored: .float32)
        }
        let (one, two) = (try results(1), try results(2))
        #expect(try results(1) == one, "\(layer.name) in \(type)")
        #expect(try results(2) == two, "\(layer.name) in \(type)")
        let limit = type == .bfloat16 ? 0x1p-8 : 1e-6
        for (a, b) in zip(two, one) { #expect(Self.distance(a, b) < limit, "\(layer.name) in \(type)") }
      }
    }
  }

  @Test func `AdamW gives the same with one thread and two, over parameters longer than a piece`() throws {
    let before = try Torch.threads()
    defer { try? Torch.setThreads(before) }
    func steps(_ threads: Int) throws -> [[Float]] {
      try Torch.setThreads(threads)
      var settings = AdamW.Settings()
      settings.maximumNorm = 1
      var parameters = Parameters()
      try parameters.add("long", .from(OperationTests.random(257 * 301, 1), shape: [257, 301]))
      try parameters.add("one", .from(OperationTests.random(1, 2)))
      var optimizer = try AdamW(parameters, settings)
      for _ in 0..<2 {
        for (_, tensor) in parameters.all { try (tensor * tensor).sum().backward() }
        try optimizer.step(learningRate: 0.1)
      }
      return try parameters.all.map { try $0.tensor.elements() }
    }
    let one = try steps(1)
    #expect(try steps(2) == one)
    #expect(one[0] != OperationTests.random(257 * 301, 1))
  }
}
