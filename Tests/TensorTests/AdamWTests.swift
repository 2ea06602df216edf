import Tensor
import Testing

@Suite struct AdamWTests {
  @Test func `AdamW agrees with a plain Swift one and decays matrices alone`() throws {
    var settings = AdamW.Settings()
    settings.maximumNorm = 1.5
    let start = [OperationTests.random(6, 1), OperationTests.random(3, 2)]
    let target = OperationTests.random(9, 3)
    var parameters = Parameters()
    try parameters.add("matrix", .from(start[0], shape: [2, 3]))
    try parameters.add("bias", .from(start[1]))
    var optimizer = try AdamW(parameters, settings)
    var values = (start[0] + start[1]).map(Double.init)
    var first = [Double](repeating: 0, count: 9)
    var second = first
    for step in 1...5 {
      let joined = try Tensor.concatenate([parameters["matrix"].reshaped(6), parameters["bias"]])
      let difference = try joined - .from(target)
      try (difference * difference).sum().backward()
      let norm = try optimizer.step(learningRate: 0.05)

      let gradient = zip(values, target).map { 2 * ($0 - Double($1)) }
      let expected = gradient.map { $0 * $0 }.reduce(0, +).squareRoot()
      #expect(abs(norm - expected) < 1e-4)
      let scale = min(1, 1.5 / expected)
      var (power1, power2) = (1.0, 1.0)
      for _ in 0..<step { (power1, power2) = (power1 * 0.9, power2 * 0.95) }
      for i in values.indices {
        let g = gradient[i] * scale
        first[i] = 0.9 * first[i] + 0.1 * g
        second[i] = 0.95 * second[i] + 0.05 * g * g
        if i < 6 { values[i] *= 1 - 0.05 * 0.1 }
        values[i] -= 0.05 * (first[i] / (1 - power1)) / ((second[i] / (1 - power2)).squareRoot() + 1e-6)
      }
      let now = try parameters["matrix"].elements(as: Double.self) + parameters["bias"].elements(as: Double.self)
      for (value, reference) in zip(now, values) { #expect(abs(value - reference) < 1e-4) }
    }
    #expect(optimizer.steps == 5)
  }

  @Test func `The learning rate warms up, peaks and ends at zero`() {
    let schedule = WarmUpCosine(peak: 2, warmUpSteps: 4, steps: 12)
    #expect(schedule.rate(at: 0) == 0.5)
    #expect(schedule.rate(at: 3) == 2)
    #expect(schedule.rate(at: 4) == 2)
    #expect(abs(schedule.rate(at: 8) - 1) < 1e-12)
    #expect(abs(schedule.rate(at: 12)) < 1e-12)
  }
}
