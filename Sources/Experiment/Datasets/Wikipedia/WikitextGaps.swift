/// Tidies lines that something was taken out of: `Aristotle (; 384–322 BC)`, `the , and`, `()`.
struct WikitextGaps {
  private let bytes: UnsafeMutablePointer<UInt8>
  private let line: Range<Int>
  /// The next byte to read.
  private var position: Int
  /// The end of the tidied line. It is in the same memory and never after ``position``, so that nothing unread is
  /// overwritten.
  private var end: Int

  /// The brackets and separators that are looked for, as UTF-8.
  private static let parentheses = (open: Array("(".utf8), close: Array(")".utf8))
  private static let brackets = (open: Array("[".utf8), close: Array("]".utf8))
  private static let wideParentheses = (open: Array("（".utf8), close: Array("）".utf8))
  private static let wideSeparators = [Array("，".utf8), Array("；".utf8), Array("、".utf8)]

  /// The first bytes of the wide brackets and separators: of U+FF00 to U+FFFF, and of U+3000 to U+3FFF.
  private static let wideFormLead: UInt8 = 0xEF
  private static let wideSymbolLead: UInt8 = 0xE3

  private init(_ bytes: UnsafeMutablePointer<UInt8>, _ line: Range<Int>) {
    self.bytes = bytes
    self.line = line
    position = line.lowerBound
    end = line.lowerBound
  }

  /// Makes one space of several and removes empty brackets, separators next to a bracket, and spaces and commas before
  /// a comma.
  /// - Returns: the line's new end.
  static func tidy(_ bytes: UnsafeMutablePointer<UInt8>, _ line: Range<Int>) -> Int {
    var gaps = WikitextGaps(bytes, line)
    while gaps.position < line.upperBound { gaps.takeCharacter() }
    return gaps.end
  }

  private mutating func takeCharacter() {
    switch bytes[position] {
    case .tab, .space: takeSpace()
    case UInt8(ascii: ")"): close(Self.parentheses)
    case UInt8(ascii: "]"): close(Self.brackets)
    case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "."): takeSeparator()
    case Self.wideFormLead, Self.wideSymbolLead: takeWideCharacter()
    default: copy(1)
    }
  }

  /// Keeps a space where none is before it and no bracket has just been opened.
  private mutating func takeSpace() {
    if let last, last != .space, !isAfterOpening {
      bytes[end] = .space
      end += 1
    }
    position += 1
  }

  /// Keeps a comma, semicolon or full stop without the space before it; drops one that separates nothing any more.
  private mutating func takeSeparator() {
    let separator = bytes[position]
    let isAtWordEnd = position + 1 == line.upperBound || bytes[position + 1] == .space

    if separator != UInt8(ascii: "."), isAfterOpening || last == separator {
      position += 1
      return
    }
    if isAtWordEnd, last == .space { end -= 1 }
    if separator == UInt8(ascii: ","), last == separator {
      position += 1
    } else {
      copy(1)
    }
  }

  /// Does for the punctuation of Chinese and Japanese what is done for ASCII's.
  private mutating func takeWideCharacter() {
    if isNext(Self.wideParentheses.close) {
      close(Self.wideParentheses)
    } else if isAfterOpening, let separator = Self.wideSeparators.first(where: isNext) {
      position += separator.count
    } else {
      copy(1)
    }
  }

  /// Keeps a closing bracket, or removes the opening one when there is nothing between them.
  private mutating func close(_ pair: (open: [UInt8], close: [UInt8])) {
    dropSeparators()
    guard endsWith(pair.open) else { return copy(pair.close.count) }
    end -= pair.open.count
    if last == .space { end -= 1 }
    position += pair.close.count
  }

  /// Removes spaces and separators from the end of the tidied line.
  private mutating func dropSeparators() {
    while let last {
      if " ,;:".utf8.contains(last) {
        end -= 1
      } else if !last.isASCII, let separator = Self.wideSeparators.first(where: endsWith) {
        end -= separator.count
      } else {
        return
      }
    }
  }

  private mutating func copy(_ count: Int) {
    for _ in 0..<count {
      bytes[end] = bytes[position]
      end += 1
      position += 1
    }
  }

  /// The last byte of the tidied line; `nil` while it is empty.
  private var last: UInt8? { end > line.lowerBound ? bytes[end - 1] : nil }

  private var isAfterOpening: Bool {
    endsWith(Self.parentheses.open) || endsWith(Self.brackets.open) || endsWith(Self.wideParentheses.open)
  }

  private func endsWith(_ text: [UInt8]) -> Bool {
    end - line.lowerBound >= text.count && text.indices.allSatisfy { bytes[end - text.count + $0] == text[$0] }
  }

  private func isNext(_ text: [UInt8]) -> Bool {
    line.upperBound - position >= text.count && text.indices.allSatisfy { bytes[position + $0] == text[$0] }
  }

  /// True when a line has a letter or a digit, or a symbol beyond ASCII.
  static func hasWords(_ bytes: UnsafeMutablePointer<UInt8>, _ line: Range<Int>) -> Bool {
    if line.contains(where: { bytes[$0].isASCIILetter || bytes[$0].isASCIIDigit }) { return true }
    let text = UnsafeBufferPointer(start: bytes + line.lowerBound, count: line.count)
    return String(decoding: text, as: UTF8.self).unicodeScalars.contains { !$0.isASCII && !isPunctuation($0) }
  }

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation, .spaceSeparator, .format:
      true
    default: false
    }
  }
}
