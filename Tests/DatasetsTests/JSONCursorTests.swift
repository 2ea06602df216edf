import ArtifactTypes
import FileFormats
import Foundation
import Testing

@Suite struct JSONCursorTests {
  private func fault(_ bytes: some Collection<UInt8>) -> JSONCursor.Fault? {
    Array(bytes).withUnsafeBytes { JSONCursor.fault(in: $0) }
  }

  @Test(arguments: [
    "{}", "[]", "0", "-0", "1.5e-3", "1E+9", "true", "false", "null", #""""#, " [ 1 , {\"a\" : [ ] } ]\t\r\n",
    #"{"\u0061":1}"#,
    #"["\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"]"#, #"{"a":{"b":{"c":[[[]]]}},"d":-12.0}"#, #"["é猫😀"]"#, #"[1e400]"#,
  ])
  func `What is JSON has no fault`(_ text: String) { #expect(fault(text.utf8) == nil) }

  @Test(arguments: [
    "", " ", "{", "[", "}", "]", "{,}", "[,]", "[1,]", #"{"a":1,}"#, "[1 2]", #"{"a":1 "b":2}"#, #"{"a" 1}"#,
    #"{"a":}"#, "{a:1}",
    #"{1:2}"#, "[1,,2]", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "tru", "True", "nulll", "NaN", "Infinity",
    "'a'",
    #""a"#,
    #""\q""#, #""\u12""#, #""\u12g4""#, #""\u+123""#, #""\"#, "\"a\tb\"", "\"a\nb\"", "\"\u{0}\"", "1 2", "[1]]",
    "{}{}",
    #"["a""b"]"#,
    "\u{FEFF}1", "// 1", "[1/*c*/]", "\u{A0}1", #"{"a":1,"b"}"#, #"[1:2]"#,
  ])
  func `What is no JSON is a fault of syntax`(_ text: String) { #expect(fault(text.utf8)?.kind == .syntax) }

  @Test(arguments: [
    [0xFF], [0xC3], [0xC0, 0x80], [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80],
  ])
  func `Bytes that are no UTF-8 are a fault of their own, also where a value is skipped`(_ bytes: [UInt8]) {
    let line = Array(#"{"a":"long enough for a word "#.utf8) + bytes + Array(#"and more"}"#.utf8)
    #expect(fault(line)?.kind == .encoding)
  }

  @Test func `Every cut of a line is a fault, and so is every doubled byte of its syntax`() {
    let line = Array(#"{"id":"1","n":[1,-2.5,{"a":null}],"t":"x\n\u00e9","b":[true,false]}"#.utf8)
    for count in 0..<line.count { #expect(fault(line[..<count])?.kind == .syntax) }
    for (position, byte) in line.enumerated() where "{}[]:,".utf8.contains(byte) {
      #expect(fault(line[...position] + line[position...])?.kind == .syntax, "\(position)")
    }
  }

  /// Foundation's parser is the judge: the same lines are JSON for both. It takes a comma before the end, which RFC
  /// 8259 does not.
  @Test func `Randomly damaged lines are JSON exactly where Foundation says so`() throws {
    let line = Array(
      #"{"id":"a b","n":[12,-2.5e3,0],"t":[{"x":"é\n\u00e9\ud83d\ude00"},null,true],"f":false,"e":{}}"#.utf8)
    let pool = Array(#"{}[],:"\0123e+-. tfnu/bé"#.utf8)
    var random = FixedRandom(11)
    var valid = 0
    for _ in 0..<20_000 {
      var damaged = line
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        let position = Int.random(in: 0..<damaged.count, using: &random)
        let byte = pool[Int.random(in: 0..<pool.count, using: &random)]
        switch Int.random(in: 0..<3, using: &random) {
        case 0: damaged[position] = byte
        case 1: damaged.insert(byte, at: position)
        default: damaged.remove(at: position)
        }
      }
      let judged = (try? JSONSerialization.jsonObject(with: Data(damaged), options: .fragmentsAllowed)) != nil
      if judged { valid += 1 }
      let text = String(decoding: damaged, as: UTF8.self)
      if judged, text.contains(try Regex(",[ \\t]*[\\]}]")) { continue }
      // Half of a surrogate pair is JSON, and no text; a skipped one is not looked at.
      if fault(damaged) == nil, !judged, text.contains("\\ud") { continue }
      #expect((fault(damaged) == nil) == judged, "\(text)")
    }
    #expect(valid > 500)
  }

  @Test func `Deep nesting is a fault, never the end of the process`() {
    for pair in [("[", "]"), (#"{"a":"#, "}")] {
      func nested(_ depth: Int) -> String {
        String(repeating: pair.0, count: depth) + "1" + String(repeating: pair.1, count: depth)
      }
      #expect(fault(nested(JSONCursor.depthLimit - 1).utf8) == nil)
      #expect(fault(nested(JSONCursor.depthLimit).utf8)?.kind == .shape)
      #expect(fault(nested(1_000_000).utf8) != nil)
    }
  }

  @Test(arguments: [
    ("0", 0), ("-0", 0), ("15", 15), ("-17.25", -17.25), ("0.1", 0.1), ("0.5447", 0.5447),
    ("123456789.012345", 123456789.012345),
    ("1e3", 1000), ("2.5E-3", 0.0025), ("9007199254740993", 9_007_199_254_740_992), ("0.1962000000000000", 0.1962),
    ("123456789012345678901234567890", 1.2345678901234568e29),
  ])
  func `Numbers read as Swift reads them`(_ text: String, _ value: Double) throws {
    let found = try Array(text.utf8).withUnsafeBytes {
      var cursor = JSONCursor($0)
      return try cursor.number()
    }
    #expect(found == value && found == Double(text))
  }

  @Test func `Random numbers read as Swift reads them, and integers exactly`() throws {
    var random = FixedRandom(13)
    for _ in 0..<20_000 {
      let digits = Int.random(in: 0...17, using: &random)
      let value = Double.random(in: -1000...1000, using: &random)
      let text = digits == 0 ? "\(value)" : String(format: "%.\(digits)f", value)
      let number = try Array(text.utf8).withUnsafeBytes {
        var cursor = JSONCursor($0)
        return try cursor.number()
      }
      #expect(number == Double(text))
      let integer = Int.random(in: .min ... .max, using: &random)
      let found = try Array("\(integer)".utf8).withUnsafeBytes {
        var cursor = JSONCursor($0)
        return try cursor.integer()
      }
      #expect(found == integer)
    }
  }

  @Test func `A value of another kind is a fault of shape, a broken one of syntax`() {
    func kind(_ text: String, _ read: (inout JSONCursor) throws -> Void) -> JSONCursor.Fault.Kind? {
      Array(text.utf8).withUnsafeBytes {
        var cursor = JSONCursor($0)
        do {
          try read(&cursor)
          return nil
        } catch {
          return (error as? JSONCursor.Fault)?.kind
        }
      }
    }
    #expect(kind("1") { _ = try $0.string() } == .shape)
    #expect(kind("\"1\"") { _ = try $0.integer() } == .shape)
    #expect(kind("1.5") { _ = try $0.integer() } == .shape)
    #expect(kind("1e999") { _ = try $0.number() } == .shape)
    #expect(kind("[]") { try $0.beginObject() } == .shape)
    #expect(kind("{}") { try $0.beginArray() } == .shape)
    #expect(kind("x") { _ = try $0.string() } == .syntax)
    #expect(kind("") { try $0.beginObject() } == .syntax)
    #expect(kind(#""\ud83d""#) { _ = try $0.string() } == .encoding)
    var nulls: [Bool] = []
    _ = kind("null") { nulls.append(try $0.skipNull()) }
    _ = kind("1") { nulls.append(try $0.skipNull()) }
    #expect(nulls == [true, false])
  }

  @Test func `Names of fields are compared without their escapes`() throws {
    try Array(#"{"\u0069d":1,"é":2}"#.utf8).withUnsafeBytes {
      var cursor = JSONCursor($0)
      var found: [String] = []
      try cursor.beginObject()
      while let key = try cursor.nextKey() {
        switch key {
        case "id": found.append("id \(try cursor.integer())")
        case "é": found.append("é \(try cursor.integer())")
        default: try cursor.skip()
        }
      }
      #expect(found == ["id 1", "é 2"])
    }
  }
}
