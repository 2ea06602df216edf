import Core
import Testing

@Suite struct CanonicalTests {
  struct Parameters: Codable {
    var name = "a"
    var count = 3
    var share = 0.5
    var labels: Set<String> = ["x", "y", "z"]
    var weights = ["b": 2, "a": 1]
    var missing: Int?
    var nested = [[1, 2], []]
  }

  @Test func `Equal values give the bytes that were agreed`() throws {
    let value = try CanonicalEncoder().value(of: Parameters())
    #expect(
      value.json
        == #"{"count":3,"labels":["x","y","z"],"name":"a","nested":[[1,2],[]],"share":0.5,"weights":{"a":1,"b":2}}"#)
    #expect(value.digest.hexadecimal == "35e1eaeea434f4426ed953b6f3c344e96ca6f3413c8ce237c9ee438482bc7319")
  }

  @Test(arguments: [
    (CanonicalValue.text("1"), CanonicalValue.integer(1)), (.list([.text("ab")]), .list([.text("a"), .text("b")])),
    (.integer(-1), .unsigned(.max)), (.number(0), .number(-0.0)), (.null, .record([])), (.list([]), .unordered([])),
    (.record([.init("a", .null)]), .record([])), (.number(1), .integer(1)), (.text("é"), .text("e\u{301}")),
  ])
  func `Different values never share bytes`(first: CanonicalValue, second: CanonicalValue) {
    #expect(first.bytes != second.bytes)
    #expect(first.digest != second.digest)
  }

  @Test func `The order of fields and set members does not count`() {
    let one = CanonicalValue.record([.init("a", .integer(1)), .init("b", .unordered([.text("x"), .text("y")]))])
    let other = CanonicalValue.record([.init("b", .unordered([.text("y"), .text("x")])), .init("a", .integer(1))])
    #expect(one.bytes == other.bytes)
    #expect(one.json == other.json)
  }

  @Test func `Every NaN is the same`() {
    #expect(CanonicalValue.number(.nan).bytes == CanonicalValue.number(-.nan).bytes)
    #expect(CanonicalValue.number(.nan).json == "\"NaN\"")
  }

  @Test func `Integers of every width are the same number`() throws {
    let encoder = CanonicalEncoder()
    #expect(try encoder.value(of: UInt8(7)) == encoder.value(of: 7))
    #expect(try encoder.value(of: Int64(-7)) == encoder.value(of: Int32(-7)))
    #expect(try encoder.value(of: UInt64.max) == .unsigned(.max))
  }

  @Test(arguments: [("\"\\\n\u{1}é😀", #""\"\\\n\u0001é😀""#)])
  func `JSON escapes what it must`(text: String, json: String) {
    #expect(CanonicalValue.text(text).json == json)
  }
}
