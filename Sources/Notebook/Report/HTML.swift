/// HTML in the making. Literal parts go in as they are, everything interpolated is escaped, unless it is HTML itself:
/// no text of a notebook can become markup by oversight.
struct HTML: ExpressibleByStringInterpolation, Sendable {
  private(set) var bytes: [UInt8] = []

  init() {}

  init(stringLiteral value: String) { bytes = Array(value.utf8) }

  init(stringInterpolation: StringInterpolation) { bytes = stringInterpolation.html.bytes }

  /// Markup that another renderer made and made safe.
  init(safe markup: String) { bytes = Array(markup.utf8) }

  /// Escaped text.
  init(text: String) { appendEscaped(text) }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var html = HTML()

    init(literalCapacity: Int, interpolationCount: Int) {
      html.bytes.reserveCapacity(literalCapacity + interpolationCount * 16)
    }

    mutating func appendLiteral(_ literal: String) { html.bytes.append(contentsOf: literal.utf8) }
    mutating func appendInterpolation(_ text: String) { html.appendEscaped(text) }
    mutating func appendInterpolation(_ number: Int) { html.bytes.append(contentsOf: String(number).utf8) }
    mutating func appendInterpolation(_ other: HTML) { html.bytes.append(contentsOf: other.bytes) }
  }

  static func += (left: inout HTML, right: HTML) { left.bytes.append(contentsOf: right.bytes) }

  var isEmpty: Bool { bytes.isEmpty }

  var string: String { String(decoding: bytes, as: UTF8.self) }

  /// Appends text for element content and quoted attributes alike. Control characters that HTML cannot have become
  /// U+FFFD.
  private mutating func appendEscaped(_ text: String) {
    var text = text
    text.withUTF8 { buffer in
      // The first byte that is not appended yet.
      var start = 0
      for (position, byte) in buffer.enumerated() {
        let replacement: StaticString
        switch byte {
        case UInt8(ascii: "&"): replacement = "&amp;"
        case UInt8(ascii: "<"): replacement = "&lt;"
        case UInt8(ascii: ">"): replacement = "&gt;"
        case UInt8(ascii: "\""): replacement = "&quot;"
        case UInt8(ascii: "'"): replacement = "&#39;"
        case 0...8, 11, 12, 14...31, 127: replacement = "\u{FFFD}"
        default: continue
        }

        bytes.append(contentsOf: buffer[start..<position])
        replacement.withUTF8Buffer { bytes.append(contentsOf: $0) }
        start = position + 1
      }
      bytes.append(contentsOf: buffer[start...])
    }
  }
}
