import Core
import Foundation
import Testing

@Suite struct RunCostTests {
  @Test func `The cost of an outcome is encoded among the outcome's own fields, and read back from there`() throws {
    let outcome = StageOutcome(
      place: CellPlace(cell: 1, line: 2), stage: "Count", key: Digest(of: "k"), components: [], state: .ran,
      computed: 1000,
      cost: RunCost(
        seconds: 2.5, cpuSeconds: 4, peakMemoryBytes: 80, measurements: [.init(name: "rate", value: 5, unit: "1/s")],
        notes: ["one"]))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let bytes = try encoder.encode(outcome)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == #"{"artifact":"","components":[],"computed":1000,"cpuSeconds":4,"key":"\#(Digest(of: "k"))","#
        + #""measurements":[{"name":"rate","unit":"1/s","value":5}],"notes":["one"],"peakMemoryBytes":80,"#
        + #""place":{"cell":1,"line":2},"seconds":2.5,"stage":"Count","state":{"ran":{}}}"#)
    #expect(try JSONDecoder().decode(StageOutcome.self, from: bytes).cost == outcome.cost)
  }
}
