import Foundation
import Tensor
import Testing
import Training

@Suite struct ContrastiveLossTests {
  /// The loss by its definition.
  static func naive(_ logits: [[Double]], _ owners: [Int], _ texts: [Int]) -> Double {
    var (toPictures, toTexts) = (0.0, 0.0)
    for (text, owner) in owners.enumerated() {
      let own = exp(logits[owner][text])
      let holders = Set(owners.indices.filter { texts[$0] == texts[text] }.map { owners[$0] })
      let pictures = logits.indices.filter { $0 == owner || !holders.contains($0) }.map { exp(logits[$0][text]) }
        .reduce(0, +)
      let mine = Set(owners.indices.filter { owners[$0] == owner }.map { texts[$0] })
      let others = owners.indices.filter { owners[$0] != owner && !mine.contains(texts[$0]) }.map {
        exp(logits[owner][$0])
      }
      .reduce(0, +)
      toPictures -= log(own / pictures)
      toTexts -= log(own / (own + others))
    }
    return (toPictures + toTexts) / 2 / Double(owners.count)
  }

  @Test(arguments: [[0, 1, 2, 3, 4, 5], [0, 1, 2, 0, 4, 1]])
  func `The loss agrees with its definition, equal texts of other pictures included`(_ texts: [Int]) throws {
    var generator = CounterGenerator(3)
    func vectors(_ count: Int) -> [Float] { (0..<(count * 4)).map { _ in generator.normals().0 } }
    let (pictures, encoded) = (vectors(3), vectors(6))
    let owners = [0, 0, 1, 1, 2, 2]
    let (x, y) = (
      try Tensor.from(pictures, shape: [3, 4]).normalized(), try Tensor.from(encoded, shape: [6, 4]).normalized()
    )
    let scale = try Tensor.from([Float(1.5)], shape: [])
    let loss = try ContrastiveLoss(owners: owners, texts: texts)(pictures: x, texts: y, logitScale: scale).item()
    let cosines = try x.matmul(y.transposed()).elements(as: Double.self)
    let logits = (0..<3).map { picture in (0..<6).map { cosines[picture * 6 + $0] * exp(1.5) } }
    #expect(abs(loss - Self.naive(logits, owners, texts)) < 1e-5)
  }

  @Test func `With one text a picture it is the symmetric cross-entropy`() throws {
    var generator = CounterGenerator(4)
    let x = try Tensor.normal([5, 3], deviation: 1, &generator).normalized()
    let y = try Tensor.normal([5, 3], deviation: 1, &generator).normalized()
    let logits = try x.matmul(y.transposed()) * 2
    let target = try Tensor.from((0..<5).map(Int64.init))
    let expected = try ((logits.crossEntropy(target) + logits.transposed().crossEntropy(target)) * 0.5).item()
    let loss = try ContrastiveLoss(owners: Array(0..<5), texts: Array(0..<5))(
      pictures: x, texts: y, logitScale: .from([Float(log(2.0))], shape: []))
    #expect(abs(try loss.item() - expected) < 1e-5)
  }

  @Test(arguments: [[0, 1, 2, 3, 4, 5], [0, 1, 2, 0, 4, 1]])
  func `The gradient is the slope, of pictures, texts and scale`(_ texts: [Int]) throws {
    var generator = CounterGenerator(5)
    let shapes = [[3, 4], [6, 4], []]
    var values = shapes.map { shape in (0..<shape.reduce(1, *)).map { _ in Double(generator.normals().0) } }
    values[2] = [0.7]
    // Another number of texts for each picture.
    let contrast = ContrastiveLoss(owners: [0, 0, 1, 2, 2, 2], texts: texts)
    func loss(_ values: [[Double]]) throws -> (loss: Tensor, inputs: [Tensor]) {
      let inputs = try zip(values, shapes).map { try Tensor.from($0, shape: $1).requiringGradient() }
      return (
        try contrast(pictures: inputs[0].normalized(), texts: inputs[1].normalized(), logitScale: inputs[2]), inputs
      )
    }
    let (value, inputs) = try loss(values)
    try value.backward()
    for (position, input) in inputs.enumerated() {
      let gradient = try #require(try input.gradient).elements(as: Double.self)
      for index in values[position].indices {
        let step = 1e-5
        var (above, below) = (values, values)
        above[position][index] += step
        below[position][index] -= step
        let slope = try (loss(above).loss.item() - loss(below).loss.item()) / (2 * step)
        #expect(abs(gradient[index] - slope) < 1e-7, "\(position) \(index): \(gradient[index]), \(slope)")
      }
    }
  }
}
