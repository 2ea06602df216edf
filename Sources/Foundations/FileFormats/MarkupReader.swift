internal import Glibc

/// Reads XML as a sequence of tags and texts.
///
/// Markup that a strict parser stops at is read as far as it makes sense, and comments, processing instructions and
/// declarations are skipped; a caller that must not accept such documents asks ``isPlain``. Entities that the
/// document declares stay as they are written; a name space is part of the name. Source of the grammar: Extensible
/// Markup Language 1.0, fifth edition.
package struct MarkupReader {
  /// A tag or a text; the bytes are the document's.
  package enum Event {
    /// `<name …>`, or `<name …/>` when `isEmpty`.
    case start(Tag, isEmpty: Bool)
    case end(Span)
    /// Text between tags, entities not replaced; see ``MarkupReader/text(_:)``.
    case text(Span)
  }

  /// A piece of the document.
  package struct Span {
    /// The bytes as they are in the document.
    package let bytes: UnsafeBufferPointer<UInt8>

    /// True when the piece is exactly this text.
    package func `is`(_ text: StaticString) -> Bool {
      guard text.utf8CodeUnitCount == bytes.count, let start = bytes.baseAddress else { return false }
      return memcmp(start, text.utf8Start, bytes.count) == 0
    }

    /// The text with its entities replaced.
    package var text: String { MarkupReader.text(bytes) }
  }

  /// An opening tag.
  package struct Tag {
    /// The name, with a name space's prefix if it has one.
    package let name: Span
    fileprivate let bytes: UnsafeBufferPointer<UInt8>

    /// The attributes in the order of the tag.
    package var attributes: Attributes { Attributes(bytes: bytes) }

    /// The raw value of the first attribute of a name; `nil` when there is none.
    package func attribute(_ name: StaticString) -> Span? {
      var attributes = attributes
      while let attribute = attributes.next() {
        if attribute.name.is(name) { return attribute.value }
      }
      return nil
    }
  }

  /// The attributes of a tag.
  package struct Attributes: IteratorProtocol {
    /// False when an attribute so far was not written `name="value"` or `name='value'`.
    package private(set) var isPlain = true
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    fileprivate init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The next attribute with its raw value; `nil` when there are no more.
    package mutating func next() -> (name: Span, value: Span)? {
      skip { $0 <= 32 }
      let start = position
      skip { $0 != UInt8(ascii: "=") && $0 > 32 }
      let name = span(start, position)
      // Everything up to a quotation mark is skipped, also where the equals sign is missing.
      let equals = position
      skip { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "'") }
      guard position < bytes.count else {
        if start < bytes.count { isPlain = false }
        return nil
      }
      if equals == start || bytes[equals] != UInt8(ascii: "=") || position != equals + 1 { isPlain = false }

      let quote = bytes[position]
      position += 1
      let valueStart = position
      skip { $0 != quote }
      let value = span(valueStart, position)
      if position == bytes.count { isPlain = false } else { position += 1 }
      return (name, value)
    }

    private mutating func skip(while isSkipped: (UInt8) -> Bool) {
      while position < bytes.count, isSkipped(bytes[position]) { position += 1 }
    }

    private func span(_ start: Int, _ end: Int) -> Span {
      Span(bytes: UnsafeBufferPointer(rebasing: bytes[start..<end]))
    }
  }

  /// True as long as everything that was read is complete tags and text: no comment, processing instruction,
  /// declaration or CDATA section, and no tag that the document ends in.
  package private(set) var isPlain = true
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  /// - Parameter bytes: the document; must stay valid while the reader and the events from it are used.
  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes.bindMemory(to: UInt8.self) }

  /// The next tag or text; `nil` at the end.
  package mutating func next() -> Event? {
    while position < bytes.count {
      guard bytes[position] == UInt8(ascii: "<") else {
        let start = position
        skip(to: "<")
        return .text(span(start, position))
      }
      if starts("</") { return endTag() }
      if !starts("<!"), !starts("<?") { return tag() }

      // Whatever begins like this is not a tag.
      isPlain = false
      if starts("<!--") {
        skip(past: "-->")
      } else if starts("<![CDATA[") {
        let start = position + 9
        skip(past: "]]>")
        return .text(span(start, max(start, position - 3)))
      } else if starts("<?") {
        skip(past: "?>")
      } else {
        skipDeclaration()
      }
    }
    return nil
  }

  private mutating func endTag() -> Event {
    let start = position + 2
    skip(past: ">")
    if bytes[position - 1] != UInt8(ascii: ">") { isPlain = false }
    var end = max(start, position - 1)
    while end > start, bytes[end - 1] <= 32 { end -= 1 }
    return .end(span(start, end))
  }

  private mutating func tag() -> Event {
    let start = position + 1
    var end = start
    while end < bytes.count, bytes[end] > 32, bytes[end] != UInt8(ascii: ">"), bytes[end] != UInt8(ascii: "/") {
      end += 1
    }

    // A bracket within quotation marks does not close the tag.
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

    if close == bytes.count { isPlain = false }
    let isEmpty = close > end && bytes[close - 1] == UInt8(ascii: "/")
    position = min(close + 1, bytes.count)
    return .start(
      Tag(name: span(start, end), bytes: UnsafeBufferPointer(rebasing: bytes[end..<(isEmpty ? close - 1 : close)])),
      isEmpty: isEmpty)
  }

  /// Passes `<!DOCTYPE …>` with its declarations in brackets.
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

    // An ampersand without a semicolon near it is text.
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
