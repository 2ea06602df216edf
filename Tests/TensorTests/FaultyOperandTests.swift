import Core
import Tensor
import Testing

/// Operands that do not fit: every operation says which one it was, and on what.
@Suite struct FaultyOperandTests {
  struct Fault: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// The words that the error must contain.
    let operation: String
    let subject: [String]
    let apply: @Sendable () throws -> Void

    init(
      _ operation: String, _ subject: [String], _ description: String, _ apply: @escaping @Sendable () throws -> Void
    ) {
      (testDescription, self.operation, self.subject, self.apply) = (description, operation, subject, apply)
    }
  }

  private static func zeros(_ shape: Int...) throws -> Tensor { try .zeros(shape) }

  private static func ids(_ ids: Int64...) throws -> Tensor { try .from(ids) }

  static let faults: [Fault] = [
    Fault("+", ["[2, 3]", "[2, 4]"], "sums of unlike shapes") { _ = try zeros(2, 3) + zeros(2, 4) },
    Fault("*", ["[2, 3]", "[4, 3]"], "products of unlike shapes") { _ = try zeros(2, 3) * zeros(4, 3) },
    Fault("matmul", ["[2, 3]", "[2, 3]"], "matrices that do not fit") { _ = try zeros(2, 3).matmul(zeros(2, 3)) },
    Fault("logAddExp", ["[2]", "[3]"], "log-add-exp of unlike shapes") { _ = try zeros(2).logAddExp(zeros(3)) },
    Fault("sum", ["[2, 3]", "dimensions [2]"], "a dimension that is not there") { _ = try zeros(2, 3).sum(2) },
    Fault("softmax", ["[2, 3]"], "softmax along a dimension that is not there") { _ = try zeros(2, 3).softmax(2) },
    Fault("reshape", ["[2, 3]", "[4]"], "another number of elements") { _ = try zeros(2, 3).reshaped(4) },
    Fault("expand", ["[2, 3]", "[4, 3]"], "repeating what is not 1") { _ = try zeros(2, 3).expanded(to: [4, 3]) },
    Fault("permute", ["[2, 3]", "[0, 0]"], "a dimension twice") { _ = try zeros(2, 3).permuted(0, 0) },
    Fault("permute", ["[2]"], "transposing a row") { _ = try zeros(2).transposed() },
    Fault("slice", ["[2, 3]", "1..<5"], "a slice beyond the end") { _ = try zeros(2, 3).slice(1, 1..<5) },
    Fault("concatenate", ["[2, 3]", "[2, 4]"], "joining unlike rows") {
      _ = try Tensor.concatenate([zeros(2, 3), zeros(2, 4)])
    },
    Fault("concatenate", [], "joining nothing") { _ = try Tensor.concatenate([]) },
    Fault("select", ["[2, 3]", "int64[1]"], "a place behind the last") { _ = try zeros(2, 3).selecting(ids(2)) },
    Fault("select", ["[2, 3]", "int64[1]"], "a place before the first") { _ = try zeros(2, 3).selecting(ids(-1)) },
    Fault("gather", ["[2, 3]", "int64[1, 1]"], "gathering beyond the end") {
      _ = try zeros(2, 3).gathered(1, ids(3).reshaped(1, 1))
    },
    Fault("gather", ["[2, 3]", "int64[1]"], "gathering with another rank") { _ = try zeros(2, 3).gathered(1, ids(0)) },
    Fault("embedding", ["[4, 3]", "int64[2]"], "an id behind the last") { _ = try zeros(4, 3).embedding(ids(0, 4)) },
    Fault("embedding", ["[4, 3]", "int64[1]"], "a negative id") { _ = try zeros(4, 3).embedding(ids(-1)) },
    Fault("linear", ["[2, 3]", "[5, 4]"], "a weight of another width") { _ = try zeros(2, 3).linear(zeros(5, 4)) },
    Fault("linear", ["[2, 3]", "[5, 3]", "[4]"], "a bias of another width") {
      _ = try zeros(2, 3).linear(zeros(5, 3), zeros(4))
    },
    Fault("layerNorm", ["[2, 3]", "[4]", "[3]"], "a normalisation of another width") {
      _ = try zeros(2, 3).layerNorm(zeros(4), zeros(3))
    },
    Fault("addThenLayerNorm", ["[2, 3]", "[3, 3]"], "a sum of other rows") {
      _ = try zeros(2, 3).addThenLayerNorm(zeros(3, 3), zeros(3), bias: zeros(3))
    },
    Fault("attention", ["[4, 12]", "int64[3]"], "offsets that end before the tokens") {
      _ = try zeros(4, 12).attention(offsets: ids(0, 2, 3), heads: 2, causal: false)
    },
    Fault("attention", ["[4, 12]", "int64[3]"], "offsets that descend") {
      _ = try zeros(4, 12).attention(offsets: ids(0, 5, 4), heads: 2, causal: false)
    },
    Fault("attention", ["[4, 12]", "5 heads"], "heads that do not divide the width") {
      _ = try zeros(4, 12).attention(offsets: ids(0, 4), heads: 5, causal: true)
    },
    Fault("attention", ["[4, 12]", "0 heads"], "no heads") {
      _ = try zeros(4, 12).attention(offsets: ids(0, 4), heads: 0, causal: true)
    },
    Fault("fill", ["[2, 3]", "bool[4]"], "a mask of another shape") {
      _ = try zeros(2, 3).filled(where: zeros(4).equals(zeros(4)), with: 1)
    },
    Fault("fill", ["[2, 3]", "float32[2, 3]"], "a mask of numbers") {
      _ = try zeros(2, 3).filled(where: .full([2, 3], 1), with: 1)
    },
    Fault("fill", ["[2]", "uint8[2]"], "a mask of bytes") {
      _ = try zeros(2).filled(where: .from([1, 0] as [UInt8]), with: 1)
    },
    Fault("slice", ["[2, 3]", "-1..<2"], "a slice from before the start") { _ = try zeros(2, 3).slice(1, -1..<2) },
    Fault("slice", ["[2, 3]", "-2..<-1"], "a slice before the start") { _ = try zeros(2, 3).slice(-1, -2 ..< -1) },
    Fault("slice", ["[2, 3]", "2..<1"], "a slice that descends") {
      _ = try zeros(2, 3).slice(1, Range(uncheckedBounds: (2, 1)))
    },
    Fault("slice", ["[2, 3]", "4..<4"], "an empty slice behind the end") { _ = try zeros(2, 3).slice(1, 4..<4) },
    Fault("make a tensor", ["1 elements"], "more elements than can be counted") {
      _ = try Tensor.from([1] as [Float], shape: [.max, 2])
    },
    Fault("make a tensor", ["4 elements"], "two negative sizes") {
      _ = try Tensor.from([1, 2, 3, 4] as [Float], shape: [-2, -2])
    },
    Fault("full", ["shape [\(Int.max), 2]"], "values for more elements than can be counted") { _ = try zeros(.max, 2) },
    Fault("backward", ["[2]"], "the gradient of two numbers") { try zeros(2).requiringGradient().backward() },
    Fault("backward", ["float32[]"], "the gradient of what needs none") { try zeros().backward() },
    Fault("requiringGradient", ["int64[1]"], "a gradient of whole numbers") { try ids(1).requiringGradient() },
    Fault("read the only element", ["[2]"], "the only one of two numbers") { _ = try zeros(2).item() },
    Fault("make a tensor", ["3 elements"], "elements for another shape") {
      _ = try Tensor.from([1, 2, 3] as [Float], shape: [2])
    },
    Fault("-", ["[2, 3]", "[2]"], "differences of unlike shapes") { _ = try zeros(2, 3) - zeros(2) },
    Fault("/", ["[3]", "[2]"], "quotients of unlike shapes") { _ = try zeros(3) / zeros(2) },
    Fault("equals", ["[3]", "[2]"], "comparing unlike shapes") { _ = try zeros(3).equals(zeros(2)) },
    Fault("mean", ["[2, 3]", "dimensions [-3]"], "a dimension before the first") { _ = try zeros(2, 3).mean(-3) },
    Fault("mean", ["int64[1]"], "the mean of whole numbers") { _ = try ids(1).mean() },
    Fault("logSumExp", ["[2]", "dimensions [1]"], "log-sum-exp of a missing dimension") {
      _ = try zeros(2).logSumExp(1)
    },
    Fault("logSoftmax", ["[2, 3]"], "log-softmax along a missing dimension") { _ = try zeros(2, 3).logSoftmax(5) },
    Fault("matmul", ["float32[2, 2]", "int64[2, 2]"], "matrices of unlike types") {
      _ = try zeros(2, 2).matmul(.zeros([2, 2], .int64))
    },
    Fault("slice", ["[2, 3]", "dimension 2"], "a slice of a missing dimension") { _ = try zeros(2, 3).slice(2, 0..<1) },
    Fault("concatenate", ["[2, 3]", "[2, 3]"], "joining along a missing dimension") {
      _ = try Tensor.concatenate([zeros(2, 3), zeros(2, 3)], 2)
    },
    Fault("select", ["[2, 3]", "float32[1]"], "a fractional place") { _ = try zeros(2, 3).selecting(zeros(1)) },
    Fault("gather", ["[2, 3]", "float32[1, 1]"], "gathering by fractions") {
      _ = try zeros(2, 3).gathered(1, zeros(1, 1))
    },
    Fault("gather", ["[2, 3]", "int64[2, 1]"], "a target that is no class") {
      _ = try zeros(2, 3).crossEntropy(ids(0, 3))
    },
    Fault("crossEntropy", ["[2, 3]", "int64[3]"], "more targets than rows") {
      _ = try zeros(2, 3).crossEntropy(ids(0, 1, 2))
    },
    Fault("crossEntropy", ["[2, 3]", "int64[2, 1]"], "a matrix of targets") {
      _ = try zeros(2, 3).crossEntropy(ids(0, 1).reshaped(2, 1))
    },
    Fault("crossEntropy", ["[3]", "int64[1]"], "a row alone") { _ = try zeros(3).crossEntropy(ids(0)) },
    Fault("embedding", ["[4, 3]", "float32[2]"], "fractional ids") { _ = try zeros(4, 3).embedding(zeros(2)) },
    Fault("linear", ["[2, 3, 4]", "[5, 4]"], "rows of matrices") { _ = try zeros(2, 3, 4).linear(zeros(5, 4)) },
    Fault("layerNorm", ["[2, 3]", "[3]", "[1]"], "a normalisation's bias of another width") {
      _ = try zeros(2, 3).layerNorm(zeros(3), zeros(1))
    },
    Fault("layerNorm", ["[3]"], "normalising a vector") { _ = try zeros(3).layerNorm(zeros(3), zeros(3)) },
    Fault("layerNorm", ["bfloat16[2, 3]"], "normalising what was rounded") {
      _ = try zeros(2, 3).cast(.bfloat16).layerNorm(zeros(3), zeros(3))
    },
    Fault("layerNorm", ["float32[2, 3]", "float64[3]"], "a normalisation's weight of another type") {
      _ = try zeros(2, 3).layerNorm(.zeros([3], .float64), zeros(3))
    },
    Fault("addThenLayerNorm", ["float32[2, 3]", "bfloat16[2, 3]"], "a sum with another type") {
      _ = try zeros(2, 3).addThenLayerNorm(zeros(2, 3).cast(.bfloat16), zeros(3), bias: zeros(3))
    },
    Fault("attention", ["[4, 12]", "float32[2]"], "fractional offsets") {
      _ = try zeros(4, 12).attention(offsets: zeros(2), heads: 2, causal: false)
    },
    Fault("attention", ["[4, 12]", "int64[2]"], "offsets that start late") {
      _ = try zeros(4, 12).attention(offsets: ids(1, 4), heads: 2, causal: false)
    },
    Fault("attention", ["[4, 12]", "int64[0]"], "no offsets") {
      _ = try zeros(4, 12).attention(offsets: .from([] as [Int64]), heads: 2, causal: false)
    },
    Fault("attention", ["int64[4, 12]"], "attention among whole numbers") {
      _ = try Tensor.zeros([4, 12], .int64).attention(offsets: ids(0, 4), heads: 2, causal: false)
    },
    Fault("quickGelu", ["int64[1]"], "an activation of whole numbers") { _ = try ids(1).quickGelu() },
    Fault("gelu", ["int64[1]"], "another activation of whole numbers") { _ = try ids(1).gelu() },
    Fault("read the only element", ["float32[0]"], "the only one of none") { _ = try zeros(0).item() },
    Fault("make a tensor", ["1 elements"], "elements for a negative shape") {
      _ = try Tensor.from([1] as [Float], shape: [-1])
    },
    Fault("full", ["shape [2, -1]"], "a negative size") { _ = try zeros(2, -1) },
    Fault("backward", ["float32[]"], "a second time through one graph") {
      let x = try Tensor.full([2], 2).requiringGradient()
      let loss = try (x * x).sum()
      try loss.backward()
      try loss.backward()
    },
    Fault("AdamW", ["no operands"], "parameters of another type") {
      var parameters = Parameters()
      let weight = try parameters.add("weight", .zeros([2], .float64))
      var optimizer = try AdamW(parameters)
      try weight.sum().backward()
      try optimizer.step(learningRate: 1)
    },
    Fault("restore AdamW", ["1 moments"], "moments of another shape") {
      var parameters = Parameters()
      try parameters.add("weight", zeros(2))
      var optimizer = try AdamW(parameters)
      try optimizer.restore(first: [zeros(2)], second: [zeros(3)], steps: 1)
    },
    Fault("look up a parameter", ["bias"], "a parameter that is not there") { _ = try Parameters()["bias"] },
    Fault("maximum", ["[0, 3]"], "the largest of nothing") { _ = try zeros(0, 3).maximum(0) },
  ]

  @Test(arguments: faults) func `Operands that do not fit are an error that names them`(_ fault: Fault) throws {
    let error = try #require(throws: OperationError.self) { try fault.apply() }
    #expect(error.operation == fault.operation)
    for part in fault.subject { #expect(error.subject.contains(part), "\(error.subject)") }
    #expect(!error.cause.isEmpty && !error.cause.contains("frame #") && error.cause.count < 600)
    // Nothing is left behind that would disturb the next computation.
    #expect(try (Tensor.full([2], 2) * 3).elements(as: Float.self) == [6, 6])
  }

  @Test func `Too few targets are an error that names both counts`() throws {
    let error = try #require(throws: OperationError.self) { try Self.zeros(4, 3).crossEntropy(Self.ids(0, 1)) }
    #expect(error.operation == "crossEntropy" && error.subject == "float32[4, 3], int64[2]")
    #expect(error.cause.contains("2 targets for 4 rows"))
  }

  @Test func `A mask that is not bool is an error that names its type`() throws {
    let error = try #require(throws: OperationError.self) {
      try Self.zeros(2).filled(where: .full([2], 1, type: .float64), with: 1)
    }
    #expect(error.cause.contains("float64 instead of bool"))
  }

  @Test func `Memory that is not there is an error of one line that names the bytes`() throws {
    // 2⁶⁰ bytes: more than a processor of today can address.
    let error = try #require(throws: OperationError.self) { try Self.zeros(1 << 58) }
    #expect(error.operation == "full" && error.subject.contains("[\(1 << 58)]"))
    #expect(error.cause.contains("not enough memory") && error.cause.contains("\(1 << 60) bytes"))
    #expect(!error.cause.contains("\n") && !error.cause.contains("frame #"))
    #expect(try Tensor.full([2], 2).elements(as: Float.self) == [2, 2])
  }

  @Test func `A shape with an empty dimension holds nothing, however large the others are`() throws {
    #expect(try Tensor.from([] as [Float], shape: [3, 0, 5]).count == 0)
    #expect(try Tensor.zeros([2, 3]).slice(1, 3..<3).shape == [2, 0])
  }
}
