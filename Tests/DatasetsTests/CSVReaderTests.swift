import Core
import FileFormats
import Testing

@Suite struct CSVReaderTests {
  /// The lines and texts of all records.
  private func records(_ text: String, repairsText: Bool = false) throws -> [(line: Int, texts: [String])] {
    try records(Array(text.utf8), repairsText: repairsText)
  }

  private func records(_ bytes: [UInt8], repairsText: Bool) throws -> [(line: Int, texts: [String])] {
    try bytes.withUnsafeBytes {
      var reader = CSVReader($0, subject: "table.csv", repairsText: repairsText)
      var found: [(line: Int, texts: [String])] = []
      while let record = try reader.next() { found.append((record.line, record.texts)) }
      return found
    }
  }

  @Test func `Quotations hold commas, line breaks and quotation marks, and lines end in three ways`() throws {
    let text = "\u{FEFF}a,b\r\n\r\n\"x,\"\"y\"\"\n\",2\n\"\"\n\"q\"r,5\" f\r1,,3,"
    let found = try records(text)
    #expect(found.map(\.texts) == [["a", "b"], ["x,\"y\"\n", "2"], [""], ["qr", "5\" f"], ["1", "", "3", ""]])
    #expect(found.map(\.line) == [1, 3, 5, 6, 6])
  }

  @Test func `A quotation without end is an error with its line`() throws {
    let error = #expect(throws: OperationError.self) { try records("a\n\"b\n\nc") }
    #expect(error?.subject == "table.csv, line 2" && error?.cause.contains("never closed") == true)
  }

  @Test func `Bytes that are not UTF-8 are refused or repaired`() throws {
    let bytes: [UInt8] = [97, 10, 0xFF, 10]
    let error = #expect(throws: OperationError.self) { try records(bytes, repairsText: false) }
    #expect(error?.subject == "table.csv, line 2")
    #expect(try records(bytes, repairsText: true).map(\.texts) == [["a"], ["\u{FFFD}"]])
  }

  @Test func `A record is found again from its first byte`() throws {
    let bytes = Array("a,b\n\"c\nd\",e\nf,g\n".utf8)
    try bytes.withUnsafeBytes { bytes in
      var reader = CSVReader(bytes, subject: "table.csv")
      while let record = try reader.next(), let start = record.bytes.baseAddress, let first = bytes.baseAddress {
        var again = CSVReader(bytes, subject: "table.csv", from: start - first)
        #expect(try again.next()?.cells == record.cells)
        #expect(CSVReader.cells(of: record.bytes) == record.cells)
      }
    }
  }
}

@Suite struct JSONTokensTests {
  /// The tokens in short, or the fault.
  private func tokens(_ text: String) -> String {
    Array(text.utf8).withUnsafeBytes { bytes in
      var tokens = JSONTokens(bytes)
      var words: [String] = []
      do {
        while true {
          switch try tokens.next() {
          case .beginObject: words.append("{")
          case .endObject: words.append("}")
          case .beginArray: words.append("[")
          case .endArray: words.append("]")
          case .key(let span): words.append("\(JSONText.text(span)):")
          case .string(let span): words.append("“\(JSONText.text(span))”")
          case .number(let span): words.append(String(decoding: span, as: UTF8.self))
          case .boolean(let value): words.append("\(value)")
          case .null: words.append("null")
          case .end: return words.joined(separator: " ")
          }
        }
      } catch {
        return "\(error)"
      }
    }
  }

  @Test(arguments: [
    ("[]", "[ ]"), (" {} ", "{ }"), ("-1.5e3", "-1.5e3"), ("[[[]],{}]", "[ [ [ ] ] { } ]"),
    (#"{"a\u0062":[1,{"c":null}],"d":true}"#, "{ ab: [ 1 { c: null } ] d: true }"),
    (#"["\ud83d\ude00\n","\ud83d"]"#, "[ “😀\n” “\u{FFFD}” ]"),
    ("[1 2]", "“,” was expected at byte 4"), ("[,]", "a value was expected at byte 2"),
    ("{\"a\"", "it ends early at byte 5"), ("1 2", "something after the value at byte 3"),
  ])
  func `A value is read token by token`(_ text: String, _ expected: String) { #expect(tokens(text) == expected) }

  @Test func `Tokens are refused where the cursor refuses a value`() {
    for text in ["{}", "[1,]", "tru", "01", "{\"a\":1,}", "[\"\u{1}\"]", "[\"\\q\"]", "nulll", ""] {
      let fault = Array(text.utf8).withUnsafeBytes { JSONCursor.fault(in: $0) }
      #expect(fault == nil ? tokens(text).first == text.first : tokens(text) == fault?.description, "\(text)")
    }
    let deep = String(repeating: "[", count: 100_000)
    #expect(tokens(deep).contains("more than \(JSONCursor.depthLimit) arrays and objects"))
  }
}
