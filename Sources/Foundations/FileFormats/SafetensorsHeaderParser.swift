internal import Core
internal import Foundation

/// Reads the JSON header of a safetensors file: an object of tensors, each with exactly `dtype`, `shape` and `data_offsets`.
///
/// Names that come twice are seen, which a general JSON reader hides. Never deeper than the format, so no input exhausts the stack.
struct SafetensorsHeaderParser {
  /// A tensor as the header describes it.
  struct Entry {
    var type = ""
    var shape: [Int] = []
    /// Two numbers, not negative.
    var offsets: [Int] = []
  }

  private let bytes: UnsafeRawBufferPointer
  private let subject: String
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer, subject: String) {
    self.bytes = bytes
    self.subject = subject
  }

  /// All tensors in the header's order, a name that comes twice included.
  mutating func tensors() throws(OperationError) -> [(String, Entry)] {
    var found: [(String, Entry)] = []
    try object { (parser, name) throws(OperationError) in
      if name == "__metadata__" {
        try parser.object { (parser, _) throws(OperationError) in _ = try parser.text() }
      } else {
        found.append((name, try parser.entry(name)))
      }
    }
    skipSpace()
    guard position == bytes.count else { throw fault("there is more behind the object") }
    return found
  }

  private mutating func entry(_ name: String) throws(OperationError) -> Entry {
    var entry = Entry()
    var seen: Set<String> = []
    try object { (parser, field) throws(OperationError) in
      switch field {
      case "dtype": entry.type = try parser.text()
      case "shape": entry.shape = try parser.numbers()
      case "data_offsets": entry.offsets = try parser.numbers()
      default: throw parser.fault("\(name) has the unknown field \(field)")
      }
      guard seen.insert(field).inserted else { throw parser.fault("\(name) has two fields \(field)") }
    }
    guard seen.count == 3, entry.offsets.count == 2 else { throw fault("\(name) has no dtype, shape and data_offsets") }
    return entry
  }

  /// Reads an object; `member` reads the value behind each name.
  private mutating func object(
    _ member: (inout SafetensorsHeaderParser, String) throws(OperationError) -> Void
  ) throws(OperationError) {
    try expect("{")
    if accept("}") { return }
    repeat {
      let name = try text()
      try expect(":")
      try member(&self, name)
    } while accept(",")
    try expect("}")
  }

  private mutating func numbers() throws(OperationError) -> [Int] {
    try expect("[")
    var result: [Int] = []
    if accept("]") { return result }
    repeat {
      skipSpace()
      let start = position
      var value = 0
      while position < bytes.count, case let digit = Int(bytes[position]) - 48, (0...9).contains(digit) {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, more) = product.addingReportingOverflow(digit)
        if overflow || more { throw fault("a number is too large") }
        value = sum
        position += 1
      }
      guard position > start else { throw fault("a whole number that is not negative was expected") }
      result.append(value)
    } while accept(",")
    try expect("]")
    return result
  }

  private mutating func text() throws(OperationError) -> String {
    try expect("\"")
    let start = position
    var hasEscapes = false
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      if bytes[position] == UInt8(ascii: "\\") {
        hasEscapes = true
        position += 1
      }
      position += 1
    }
    guard position < bytes.count else { throw fault("a text does not end") }
    let span = bytes[start..<position]
    position += 1
    if hasEscapes {
      guard let text = try? JSONDecoder().decode(String.self, from: Data([0x22] + span + [0x22])) else {
        throw fault("a text has an escape that is none")
      }
      return text
    }
    guard let text = String(validating: span, as: UTF8.self) else { throw fault("a text is not UTF-8") }
    return text
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(OperationError) {
    guard accept(character) else { throw fault("\(character) was expected") }
  }

  private func fault(_ cause: String) -> OperationError {
    OperationError(
      operation: "read safetensors", subject: subject, cause: "the header is damaged at its byte \(position): \(cause)")
  }
}
