import Tensor
import Testing

/// Operands that do not fit: every operation says which one it was, and on what.
@Suite struct FaultyOperandTests {
  struct Fault: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// What the error has to name.
    let operation: String
    let subject: [String]
    let apply: @Sendable () throws -> Void

    init(_ operation: String, _ subject: [String], _ description: String, _ apply: @escaping @Sendable () throws -> Void) {
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
      _ = try zeros(2, 3).addThenLayerNorm(zeros(3, 3), zeros(3), zeros(3))
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
    Fault("backward", ["[2]"], "the gradient of two numbers") { try zeros(2).requiringGradient().backward() },
    Fault("backward", ["float32[]"], "the gradient of what needs none") { try zeros().backward() },
    Fault("requiringGradient", ["int64[1]"], "a gradient of whole numbers") { try ids(1).requiringGradient() },
    Fault("item", ["[2]"], "the only one of two numbers") { _ = try zeros(2).item() },
    Fault("from", ["3 elements"], "elements for another shape") { _ = try Tensor.from([1, 2, 3] as [Float], shape: [2]) },
    Fault("maximum", ["[0, 3]"], "the largest of nothing") { _ = try zeros(0, 3).maximum(0) },
  ]

  @Test(arguments: faults) func `Operands that do not fit are an error that names them`(_ fault: Fault) throws {
    let error = try #require(throws: TensorError.self) { try fault.apply() }
    #expect(error.operation == fault.operation)
    for part in fault.subject { #expect(error.subject.contains(part), "\(error.subject)") }
    #expect(!error.cause.isEmpty && !error.cause.contains("frame #") && error.cause.count < 600)
    // Nothing is left behind that would disturb the next computation.
    #expect(try (Tensor.full([2], 2) * 3).elements(as: Float.self) == [6, 6])
  }
}
