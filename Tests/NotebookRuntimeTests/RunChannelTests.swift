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
}
