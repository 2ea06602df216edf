import Core
import Tensor
import Testing

@Suite struct OperationTests {
  static func random(_ count: Int, _ key: UInt64 = 1) -> [Float] {
    var generator = CounterGenerator(7, key)
    return (0..<count).map { _ in generator.normals().0 }
  }

  @Test func `Elements come back in row-major order and shapes are checked`() throws {
    let tensor = try Tensor.from([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    #expect(tensor.shape == [2, 3])
    #expect(try tensor.transposed().elements(as: Float.self) == [1, 4, 2, 5, 3, 6])
    #expect(try tensor.slice(1, 1..<3).elements(as: Double.self) == [2, 3, 5, 6])
    #expect(try tensor.sum(0).elements(as: Float.self) == [5, 7, 9])
    #expect(throws: OperationError.self) { try Tensor.from([1, 2] as [Float], shape: [3]) }
  }

  @Test func `An error names the operation and the operands' shapes`() throws {
    let left = try Tensor.zeros([2, 3])
    let right = try Tensor.zeros([2, 3])
    let error = #expect(throws: OperationError.self) { _ = try left.matmul(right) }
    #expect(error?.operation == "matmul")
    #expect(error?.subject == "float32[2, 3], float32[2, 3]")
  }

  @Test func `Softmax and layer normalisation agree with plain Swift`() throws {
    let (rows, width) = (5, 37)
    let x = Self.random(rows * width)
    let weight = Self.random(width, 2)
    let bias = Self.random(width, 3)
    let tensor = try Tensor.from(x, shape: [rows, width])
    let soft = try tensor.softmax(1).elements(as: Float.self)
    let normal = try tensor.layerNorm(.from(weight), .from(bias)).elements(as: Float.self)
    for row in 0..<rows {
      let values = x[(row * width)..<((row + 1) * width)].map(Double.init)
      let largest = values.max() ?? 0
      let exponentials = values.map { exponential($0 - largest) }
      let sum = exponentials.reduce(0, +)
      let mean = values.reduce(0, +) / Double(width)
      let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(width)
      for column in 0..<width {
        #expect(abs(Double(soft[row * width + column]) - exponentials[column] / sum) < 1e-6)
        let expected =
          (values[column] - mean) / (variance + 1e-5).squareRoot() * Double(weight[column]) + Double(bias[column])
        #expect(abs(Double(normal[row * width + column]) - expected) < 1e-5)
      }
    }
  }

  @Test func `Packed attention agrees with a plain Swift one`() throws {
    let lengths = [3, 1, 5]
    let heads = 2
    let headWidth = 3
    let width = heads * headWidth
    let tokens = lengths.reduce(0, +)
    let qkv = Self.random(tokens * 3 * width)
    let offsets = lengths.reduce(into: [Int64(0)]) { $0.append($0[$0.count - 1] + Int64($1)) }
    for causal in [false, true] {
      let result = try Tensor.from(qkv, shape: [tokens, 3 * width])
        .attention(offsets: .from(offsets), heads: heads, causal: causal).elements(as: Float.self)
      for (sequence, length) in lengths.enumerated() {
        let start = Int(offsets[sequence])
        for head in 0..<heads {
          func at(_ token: Int, _ part: Int, _ i: Int) -> Double {
            Double(qkv[(start + token) * 3 * width + part * width + head * headWidth + i])
          }
          for query in 0..<length {
            let keys = causal ? query + 1 : length
            let scores = (0..<keys).map { key in
              exponential(
                (0..<headWidth).map { at(query, 0, $0) * at(key, 1, $0) }.reduce(0, +) / Double(headWidth).squareRoot())
            }
            let sum = scores.reduce(0, +)
            for i in 0..<headWidth {
              let expected = (0..<keys).map { scores[$0] / sum * at($0, 2, i) }.reduce(0, +)
              #expect(abs(Double(result[(start + query) * width + head * headWidth + i]) - expected) < 1e-5)
            }
          }
        }
      }
    }
  }

  @Test func `Cross-entropy is the mean of minus the target's log probability`() throws {
    let logits = try Tensor.from([0, 1, 2, 1, 1, 1] as [Float], shape: [2, 3])
    let loss = try logits.crossEntropy(.from([2, 0] as [Int64])).item()
    let first = -(2 - logarithm(1 + exponential(1) + exponential(2)))
    let second = logarithm(3)
    #expect(abs(loss - (first + second) / 2) < 1e-6)
  }

  @Test func `A counter-based generator repeats itself and differs between keys`() {
    var a = CounterGenerator(1, 2)
    var b = CounterGenerator(1, 2)
    var c = CounterGenerator(2, 1)
    let first = (0..<4).map { _ in a.next() }
    #expect(first == (0..<4).map { _ in b.next() })
    #expect(first != (0..<4).map { _ in c.next() })
    var order = Array(0..<100)
    a.shuffle(&order)
    #expect(order != Array(0..<100) && order.sorted() == Array(0..<100))
  }

  @Test func `Borrowed elements are those of the array, and results outlive them`() throws {
    let array: [Float] = [1, 2, 3, 4, 5, 6]
    let product = try Tensor.withBorrowed(array, shape: [2, 3]) { tensor in
      #expect(try tensor.elements(as: Float.self) == array && tensor.shape == [2, 3])
      #expect(try tensor.withElements { $0.baseAddress } == array.withUnsafeBufferPointer { $0.baseAddress })
      return try tensor.matmul(tensor.transposed())
    }
    #expect(try product.withElements { Array($0) } == [14, 32, 32, 77])
    // What lies in another order is copied.
    #expect(try Tensor.from(array, shape: [2, 3]).transposed().withElements { Array($0) } == [1, 4, 2, 5, 3, 6])
    #expect(try Tensor.withBorrowed([], shape: [0, 3]) { $0.shape } == [0, 3])
    #expect(throws: OperationError.self) { try Tensor.withBorrowed(array, shape: [7]) { _ in } }
  }
}
