/// Builds one line of JSON with fields in a fixed order: equal records give equal bytes.
package struct JSONLine {
  /// The line so far.
  package private(set) var bytes: [UInt8] = []

  /// An empty line.
  package init() { bytes.reserveCapacity(256) }

  /// Empties the line, keeping its memory.
  package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Adds syntax unchanged.
  package mutating func raw(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Adds a string in quotation marks; only what JSON requires is escaped.
  package mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      var start = 0
      for (index, byte) in utf8.enumerated()
      where byte < 32 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
        escaped(byte)
        start = index + 1
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Adds a byte that a string cannot hold unchanged.
  private mutating func escaped(_ byte: UInt8) {
    switch byte {
    case 10: raw(#"\n"#)
    case 9: raw(#"\t"#)
    case 0..<32:
      raw(#"\u00"#)
      bytes.append(UInt8(ascii: "0") + byte >> 4)
      bytes.append(byte & 15 < 10 ? UInt8(ascii: "0") + byte & 15 : UInt8(ascii: "a") + byte & 15 - 10)
    default:
      bytes.append(UInt8(ascii: "\\"))
      bytes.append(byte)
    }
  }

  /// Adds bytes that are JSON already, unchanged.
  package mutating func copy(_ json: UnsafeRawBufferPointer) { bytes.append(contentsOf: json) }

  /// Adds an integer.
  package mutating func integer(_ value: Int) { bytes.append(contentsOf: String(value).utf8) }

  /// Adds a finite number, in the fewest digits that read back as the same `Double`.
  package mutating func number(_ value: Double) {
    precondition(value.isFinite, "JSON has no infinite numbers")
    bytes.append(contentsOf: String(value).utf8)
  }
}
