import Core
import Foundation
import NotebookRuntime
import Testing

@Suite struct RunChannelTests {
  @Test func `Events arrive in order however the bytes are cut`() throws {
    let pipe = Pipe()
    let channel = RunChannel(descriptor: pipe.fileHandleForWriting.fileDescriptor)
    let call = StageCallReport(place: .init(cell: 2, line: 7), sequence: 3, stage: "Zähle", name: "n")
    channel.cached(
      CachedCall(call: call, key: Digest(of: "k"), output: .init(format: "f/1", digest: Digest(of: "o"), byteCount: 12))
    )
    channel.send(.message("two"))
    channel.send(.finished)
    try pipe.fileHandleForWriting.close()
    var buffer: [UInt8] = []
    var events: [RunEvent] = []
    for byte in pipe.fileHandleForReading.readDataToEndOfFile() {
      buffer.append(byte)
      events += try RunChannel.takeEvents(from: &buffer)
    }
    #expect(buffer.isEmpty)
    try #require(events.count == 3)
    guard case .stagesCached(let calls) = events[0], case .message("two") = events[1], case .finished = events[2] else {
      Issue.record("wrong events: \(events)")
      return
    }
    #expect(calls.map(\.call) == [call])
    #expect(calls.map(\.key) == [Digest(of: "k")])
    #expect(calls.map(\.output.byteCount) == [12])
  }

  /// The events after their way through a pipe.
  private func passed(_ events: [RunEvent], limit: Int = .max) throws -> [RunEvent] {
    let pipe = Pipe()
    let channel = RunChannel(descriptor: pipe.fileHandleForWriting.fileDescriptor, limit: limit)
    for event in events { channel.send(event) }
    try pipe.fileHandleForWriting.close()
    var bytes = Array(pipe.fileHandleForReading.readDataToEndOfFile())
    return try RunChannel.takeEvents(from: &bytes)
  }

  static let odd: [Double] = [.nan, .infinity, -.infinity, -0.0, 0.0, .greatestFiniteMagnitude, .leastNonzeroMagnitude]

  @Test(arguments: odd) func `Every event carries every number unchanged`(_ number: Double) throws {
    let place = CellPlace(cell: 1, line: 2)
    let call = StageCallReport(place: place, sequence: 0, stage: "S", name: nil, caller: Digest(of: "caller"))
    let table = Table(
      columns: [.init("x"), .init("y")], rows: [[.number(number), .interval(number, low: number, high: number)]])
    let cost = RunCost(
      seconds: number, cpuSeconds: number, measurements: [Core.Measurement(name: "m", value: number, unit: "")])
    let outcome = StageOutcome(
      place: place, stage: "S", key: Digest(of: "k"), components: [], state: .ran, computed: number, cost: cost)
    let events = try passed([
      .cellFinished(
        CellReport(cell: 1, ending: .done, shown: [.blocks([.table(table)])], seconds: number), printedEnd: 0),
      .stageProgress(id: 1, done: number, total: number, unit: ""),
      .stageFinished(id: 1, call: call, outcome: outcome),
    ])
    try #require(events.count == 3)
    guard case .cellFinished(let report, _) = events[0], case .blocks(let blocks)? = report.shown.first,
      case .table(let shown)? = blocks.first, case .stageProgress(_, let done, _, _) = events[1],
      case .stageFinished(_, let callAfter, let after) = events[2],
      case .interval(let value, let low, let high) = shown.rows[0][1], case .number(let cell) = shown.rows[0][0]
    else {
      Issue.record("wrong events: \(events)")
      return
    }
    for found in [
      report.seconds, done, after.computed, after.cost.seconds, after.cost.measurements[0].value, value, low, high,
      cell,
    ] {
      #expect(number.isNaN ? found.isNaN : found.bitPattern == number.bitPattern, "\(found) for \(number)")
    }
    #expect(callAfter == call)
  }

  @Test func `An event that cannot be sent is the fault of its cell, value or stage`() throws {
    let long = String(repeating: "long ", count: 2_000)
    let place = CellPlace(cell: 3, line: 2)
    let call = StageCallReport(place: place, sequence: 0, stage: "S", name: nil)
    let outcome = StageOutcome(
      place: place, stage: "S", key: Digest(of: "k"), components: [], state: .ran, computed: 0,
      cost: RunCost(notes: [long]))
    let events = try passed(
      [
        .cellFinished(CellReport(cell: 3, ending: .done, shown: [.text(long)], seconds: 1), printedEnd: 5),
        .inline(InlineOutcome(id: 4, text: long)), .stageFinished(id: 1, call: call, outcome: outcome), .message(long),
      ], limit: 2_000)
    try #require(events.count == 4)
    guard case .cellFinished(let report, printedEnd: 5) = events[0],
      case .failed(let message, _) = report.ending, case .inline(let inline) = events[1],
      case .stageFinished(1, _, let finished) = events[2], case .failed(let reason) = finished.state,
      case .lost(let loss) = events[3]
    else {
      Issue.record("wrong events: \(events)")
      return
    }
    #expect(message.contains("cannot send to the command (the value of cell 3): it is") && report.shown.isEmpty)
    #expect(inline.id == 4 && inline.text == nil && inline.failure?.contains("inline expression 4") == true)
    #expect(reason.contains("the outcome of S") && loss.contains("a message"))
  }

  @Test func `A value that is nested too deeply is its cell's fault`() throws {
    let deep = (0..<600).reduce(Presentation.text("x")) { value, _ in .blocks([value]) }
    let events = try passed([
      .cellFinished(CellReport(cell: 1, ending: .done, shown: [deep], seconds: 0), printedEnd: 0), .finished,
    ])
    try #require(events.count == 2)
    guard case .cellFinished(let report, _) = events[0], case .failed(let message, _) = report.ending else {
      Issue.record("wrong events: \(events)")
      return
    }
    #expect(message.contains("it is nested more than 100 times"))
  }
}
