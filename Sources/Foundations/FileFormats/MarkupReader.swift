internal import Glibc

/// Reads XML as a row of tags and texts, forgiving what a strict parser stops at.
///
/// Entities of the document's own are left as they are written; name spaces are part of a tag's name. Source of the grammar:
/// Extensible Markup Language 1.0, fifth edition.
package struct MarkupReader {
  /// What comes next; the bytes are the document's.
  package enum Event {
    /// `<name …>`, or `<name …/>` when `isEmpty`.
    case start(Tag, isEmpty: Bool)
    case end(Span)
    /// Text between tags, entities not replaced; see ``MarkupReader/text(_:)``.
    case text(Span)
  }

  /// A piece of the document.
  package struct Span {
    package let bytes: UnsafeBufferPointer<UInt8>

    /// Whether it is exactly this text.
    package func `is`(_ text: StaticString) -> Bool {
      guard text.utf8CodeUnitCount == bytes.count, let start = bytes.baseAddress else { return false }
      return memcmp(start, text.utf8Start, bytes.count) == 0
    }

    /// The text with its entities replaced.
    package var text: String { MarkupReader.text(bytes) }
  }

  /// An opening tag.
  package struct Tag {
    package let name: Span
    fileprivate let attributes: UnsafeBufferPointer<UInt8>

    /// An attribute's raw value; `nil` when there is none of that name.
    package func attribute(_ name: StaticString) -> Span? {
      var index = 0
      while index < attributes.count {
        while index < attributes.count, attributes[index] <= 32 { index += 1 }
        let start = index
        while index < attributes.count, attributes[index] != UInt8(ascii: "="), attributes[index] > 32 { index += 1 }
        let found = Span(bytes: UnsafeBufferPointer(rebasing: attributes[start..<index]))
        while index < attributes.count, attributes[index] != UInt8(ascii: "\""), attributes[index] != UInt8(ascii: "'")
        {
          index += 1
        }
        guard index < attributes.count else { return nil }
        let quote = attributes[index]
        let valueStart = index + 1
        index = valueStart
        while index < attributes.count, attributes[index] != quote { index += 1 }
        if found.is(name) {
          return Span(bytes: UnsafeBufferPointer(rebasing: attributes[valueStart..<min(index, attributes.count)]))
        }
        index += 1
      }
      return nil
    }
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  /// - Parameter bytes: the document; must stay valid while the reader and what it gave are used.
  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes.bindMemory(to: UInt8.self) }

  /// The next tag or text; `nil` at the end.
  package mutating func next() -> Event? {
    while position < bytes.count {
      guard bytes[position] == UInt8(ascii: "<") else {
        let start = position
        skip(to: "<")
        return .text(span(start, position))
      }
      if starts("<!--") {
        skip(past: "-->")
      } else if starts("<![CDATA[") {
        let start = position + 9
        skip(past: "]]>")
        return .text(span(start, max(start, position - 3)))
      } else if starts("<?") {
        skip(past: "?>")
      } else if starts("<!") {
        skipDeclaration()
      } else if starts("</") {
        let start = position + 2
        skip(past: ">")
        var end = max(start, position - 1)
        while end > start, bytes[end - 1] <= 32 { end -= 1 }
        return .end(span(start, end))
      } else {
        return tag()
      }
    }
    return nil
  }

  private mutating func tag() -> Event {
    let start = position + 1
    var end = start
    while end < bytes.count, bytes[end] > 32, bytes[end] != UInt8(ascii: ">"), bytes[end] != UInt8(ascii: "/") {
      end += 1
    }
    var close = end
    var quote: UInt8 = 0
    while close < bytes.count {
      let byte = bytes[close]
      if quote != 0 {
        if byte == quote { quote = 0 }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ">") {
        break
      }
      close += 1
    }
    let isEmpty = close > end && close <= bytes.count && bytes[close - 1] == UInt8(ascii: "/")
    position = min(close + 1, bytes.count)
    return .start(
      Tag(
        name: span(start, end), attributes: UnsafeBufferPointer(rebasing: bytes[end..<(isEmpty ? close - 1 : close)])),
      isEmpty: isEmpty)
  }

  /// Goes past `<!DOCTYPE …>` with its declarations in brackets.
  private mutating func skipDeclaration() {
    var depth = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: ">"):
        if depth <= 0 {
          position += 1
          return
        }
      default: break
      }
      position += 1
    }
  }

  private func span(_ start: Int, _ end: Int) -> Span { Span(bytes: UnsafeBufferPointer(rebasing: bytes[start..<end])) }

  private func starts(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count, let base = bytes.baseAddress else { return false }
    return memcmp(base + position, text.utf8Start, count) == 0
  }

  private mutating func skip(to text: Character) {
    guard let base = bytes.baseAddress, let byte = text.asciiValue else { return }
    let found = memchr(base + position, Int32(byte), bytes.count - position)
    position = found.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? bytes.count
  }

  private mutating func skip(past text: StaticString) {
    while position < bytes.count {
      if starts(text) {
        position += text.utf8CodeUnitCount
        return
      }
      position += 1
    }
  }

  /// Text with the five named and all numeric entities replaced; bytes that are not UTF-8 become U+FFFD.
  package static func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
    var result = String.UnicodeScalarView()
    let source = String(decoding: bytes, as: UTF8.self).unicodeScalars
    var rest = source[...]
    while let mark = rest.firstIndex(of: "&") {
      result.append(contentsOf: rest[..<mark])
      rest = rest[mark...]
      guard let end = rest.prefix(12).firstIndex(of: ";") else {
        result.append("&")
        rest = rest.dropFirst()
        continue
      }
      let name = String(rest[rest.index(after: mark)..<end])
      if let scalar = scalar(of: name) {
        result.append(scalar)
      } else {
        result.append(contentsOf: rest[...end])
      }
      rest = rest[rest.index(after: end)...]
    }
    result.append(contentsOf: rest)
    return String(result)
  }

  private static func scalar(of name: String) -> Unicode.Scalar? {
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard name.hasPrefix("#") else { return nil }
      let digits = name.dropFirst()
      let value = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
      return value.flatMap(Unicode.Scalar.init)
    }
  }
}
