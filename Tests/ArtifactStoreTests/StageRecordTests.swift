import ArtifactStore
import Core
import Testing

@Suite struct StageRecordTests {
  /// A record as version 0.1 wrote it.
  static let line =
    #"{"components":[{"digest":"2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25a"#
    + #"efc6","display":"","kind":"stage","name":"S"}],"cpuSeconds":1,"environment":{"a":"b"},"#
    + #""key":"8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a","#
    + #""measurements":[],"notes":[],"#
    + #""output":{"digest":"65c74c15a686187bb6bbf9958f494fc6b80068034a659a9ad44991b08c58f2d2","#
    + #""files":[{"byteCount":1,"chunked":false,"#
    + #""digest":"65c74c15a686187bb6bbf9958f494fc6b80068034a659a9ad44991b08c58f2d2","#
    + #""name":"value.json","object":"7a81af3e591ac713f81ea1efe93dcf36157d8376"}],"#
    + #""format":"json/Int"},"peakMemoryBytes":1,"seconds":1,"stage":"S","started":1000.5}"#

  @Test func `A stored record reads back and is written with the same bytes`() throws {
    let record = try #require(RecordSegment.decode(Array(Self.line.utf8)))
    #expect(record.cost == RunCost(seconds: 1, cpuSeconds: 1, peakMemoryBytes: 1) && record.finished == 1001.5)
    #expect(try RecordSegment.line(record) == Array((Self.line + "\n").utf8))
  }
}
