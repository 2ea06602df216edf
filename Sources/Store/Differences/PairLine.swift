internal import FileFormats
internal import Glibc

/// A pair as its line has it.
struct PairLine {
  struct Text: Hashable {
    let text: String
    let language: String
    let field: String
    let confidence: String

    fileprivate init(_ value: JSONValue) {
      func field(_ name: String) -> String {
        switch value[name] {
        case .string(let text)?, .number(let text)?: text
        default: ""
        }
      }
      (text, language) = (field("text"), field("language"))
      (self.field, confidence) = (field("field"), field("confidence"))
    }
  }

  let id: String
  let image: String
  private(set) var texts: [Text]

  /// - Throws: ``JSONCursor/Fault`` for a line that is not an object.
  init(_ line: UnsafeRawBufferPointer) throws {
    let value = try JSONValue(parsing: line)
    guard value.fields != nil else { throw JSONCursor.Fault(description: "it is not an object") }
    id = value["id"]?.string ?? ""
    image = value["image"]?.string ?? ""
    texts = if case .array(let elements)? = value["texts"] { elements.map(Text.init) } else { [] }
  }

  /// The texts that only one of both has.
  func difference(to other: PairLine) -> (lost: PairLine, gained: PairLine) {
    var (lost, gained) = (self, other)
    var left: [Text: Int] = [:]
    for text in other.texts { left[text, default: 0] += 1 }
    func take(_ text: Text) -> Bool {
      guard let count = left[text], count > 0 else { return false }
      left[text] = count - 1
      return true
    }
    lost.texts = texts.filter { !take($0) }
    // The texts that are left over are new; of equal texts the last ones.
    gained.texts = Array(other.texts.reversed().filter(take).reversed())
    return (lost, gained)
  }

  /// The texts in a line.
  var words: String { texts.map { "\($0.text) (\($0.language))" }.joined(separator: ", ").shortened }
}

/// Counts the texts of a side by language, without parsing lines that are written as `PairsWriter` writes them.
struct TextTally: RecordTally {
  private(set) var total = 0
  /// Texts by the bytes of codes of at most eight bytes, the first one lowest.
  private var short: [UInt64: Int] = [:]
  private var long: [String: Int] = [:]

  /// Texts by language; those without one under the empty name.
  var languages: [String: Int] {
    var languages = long
    for (code, count) in short {
      let bytes = withUnsafeBytes(of: code.littleEndian) { Array($0.prefix { $0 != 0 }) }
      languages[String(decoding: bytes, as: UTF8.self), default: 0] += count
    }
    return languages
  }

  mutating func add(_ record: UnsafeRawBufferPointer, file: Int) throws {
    guard let base = record.baseAddress else { return }
    func next(_ byte: UInt8, from start: Int) -> Int? {
      memchr(base + start, Int32(byte), record.count - start).map { UnsafeRawPointer($0) - base }
    }
    var texts = 0
    var named = 0
    var position = 0

    // A quotation mark within a text has a backslash before it, so that `"text":"` is a field and nothing else.
    while let colon = next(UInt8(ascii: ":"), from: position) {
      position = colon + 1
      guard position < record.count, record[position] == UInt8(ascii: "\""), colon >= 6,
        record[colon - 1] == UInt8(ascii: "\"")
      else { continue }

      if Self.ends(record, at: colon, with: "\"text\"") {
        texts += 1
      } else if Self.ends(record, at: colon, with: "\"language\"") {
        let start = position + 1
        guard let end = next(UInt8(ascii: "\""), from: start) else {
          throw JSONCursor.Fault(description: "a string without end", kind: .syntax)
        }
        count(UnsafeRawBufferPointer(rebasing: record[start..<end]))
        named += 1
        position = end
      }
    }

    // Lines of another program, with spaces.
    guard texts > 0 || named > 0 else { return try parse(record) }
    total += texts
    if texts > named { short[0, default: 0] += texts - named }
  }

  @inline(__always)
  private mutating func count(_ code: UnsafeRawBufferPointer) {
    guard code.count <= 8 else {
      long[String(decoding: code, as: UTF8.self), default: 0] += 1
      return
    }
    var packed: UInt64 = 0
    for (index, byte) in code.enumerated() { packed |= UInt64(byte) << UInt64(8 * index) }
    short[packed, default: 0] += 1
  }

  @inline(__always)
  private static func ends(
    _ record: UnsafeRawBufferPointer, at end: Int, with pattern: StaticString
  ) -> Bool {
    let count = pattern.utf8CodeUnitCount
    guard end >= count, let base = record.baseAddress else { return false }
    return memcmp(base + end - count, pattern.utf8Start, count) == 0
  }

  private mutating func parse(_ record: UnsafeRawBufferPointer) throws {
    for text in try PairLine(record).texts {
      total += 1
      long[text.language, default: 0] += 1
    }
  }
}
