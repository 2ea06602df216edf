import Charts
import Core
import Testing

@Suite struct ScaleTests {
  @Test(arguments: [
    (0.0, 9.7, ["0", "2", "4", "6", "8", "10"]),
    (0, 0.00043, ["0", "0.0001", "0.0002", "0.0003", "0.0004", "0.0005"]),
    (-3, 12, ["−5", "0", "5", "10", "15"]), (1000, 52_000, ["0", "20k", "40k", "60k"]),
  ])
  func `A linear axis names round values that enclose the data`(low: Double, high: Double, labels: [String]) {
    let scale = Scale(.linear, showing: [low, high], ticks: 5, style: .plain)
    #expect(scale.ticks.map(\.label) == labels)
    #expect(scale.low <= low && scale.high >= high)
  }

  @Test func `Percentages are named with their sign and the digits that the step needs`() {
    let scale = Scale(.linear, showing: [0, 0.09], includesZero: true, ticks: 5, style: .percent(1))
    #expect(scale.ticks.map(\.label) == ["0\u{a0}%", "2\u{a0}%", "4\u{a0}%", "6\u{a0}%", "8\u{a0}%", "10\u{a0}%"])
  }

  @Test func `A logarithmic axis gives equal factors equal lengths`() {
    let scale = Scale(.logarithmic, showing: [10, 100_000], ticks: 5, style: .plain)
    #expect(scale.ticks.map(\.label) == ["10", "100", "1000", "10k", "100k"])
    let steps = [10.0, 100, 1000, 10_000].map { scale.position($0 * 10) - scale.position($0) }
    for step in steps { #expect(abs(step - 0.25) < 1e-9) }
  }

  @Test func `A logarithmic axis of one decade has ticks within it`() {
    let scale = Scale(.logarithmic, showing: [1.3, 8.9], ticks: 5, style: .plain)
    #expect(scale.ticks.map(\.label) == ["1", "2", "5", "10"])
  }

  @Test(arguments: [1e-9, 3e-5, 0.02, 1, 7.3, 450, 1e6, 3.3e12])
  func `Every axis encloses its data and has between 2 and 12 ticks inside`(size: Double) {
    var state: UInt64 = 42
    for kind in [Scale.Kind.linear, .logarithmic] {
      for _ in 0..<200 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let low = size * (0.01 + Double(state >> 40) / Double(1 << 24))
        let high = low * (1 + Double((state >> 20) & 0xFFFF) / 300)
        let scale = Scale(kind, showing: [low, high], ticks: 5, style: .plain)
        #expect(scale.position(low) >= -1e-6 && scale.position(high) <= 1 + 1e-6)
        #expect((2...12).contains(scale.ticks.count), "\(kind) \(low) \(high)")
        #expect(scale.ticks.allSatisfy { (-1e-6...1 + 1e-6).contains(scale.position($0.value)) })
        #expect(Set(scale.ticks.map(\.label)).count == scale.ticks.count, "\(kind) \(low) \(high) \(scale.ticks)")
      }
    }
  }

  @Test func `Equal values still make an axis`() {
    for value in [0.0, 5, -5] {
      let scale = Scale(.linear, showing: [value, value], ticks: 5, style: .plain)
      #expect(scale.low < scale.high && scale.low <= value && scale.high >= value)
    }
  }
}
