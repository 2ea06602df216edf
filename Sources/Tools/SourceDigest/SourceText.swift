/// Source code without what does not change its meaning: comments, and the amount of white space.
///
/// White space between tokens shrinks to one space, or to one line break where it has any; string literals stay
/// unchanged.
struct SourceText {
  private enum Mode {
    /// Code, with the count of open parentheses when it is an interpolation's.
    case code(depth: Int?)
    /// A string literal: its count of `#` and of quotes.
    case string(pounds: Int, quotes: Int)
  }

  private let source: [UInt8]
  private let isSwift: Bool
  private var position = 0
  private var modes: [Mode] = [.code(depth: nil)]
  private var result: [UInt8] = []

  init(_ source: [UInt8], isSwift: Bool) {
    self.source = source
    self.isSwift = isSwift
  }

  static func normalized(_ source: [UInt8], isSwift: Bool) -> [UInt8] {
    var text = SourceText(source, isSwift: isSwift)
    while text.position < text.source.count {
      switch text.modes[text.modes.count - 1] {
      case .code(let depth): text.stepCode(depth)
      case .string(let pounds, let quotes): text.stepString(pounds, quotes)
      }
    }
    return text.result
  }

  private func starts(_ text: StaticString, at offset: Int = 0) -> Bool {
    text.withUTF8Buffer { source[min(position + offset, source.count)...].starts(with: $0) }
  }

  private mutating func take(_ count: Int = 1) {
    let end = min(position + count, source.count)
    result.append(contentsOf: source[position..<end])
    position = end
  }

  private mutating func stepCode(_ depth: Int?) {
    let byte = source[position]
    if byte <= 0x20 || starts("//") || starts("/*") {
      skipBlank()
    } else if isSwift, let (pounds, quotes) = openingQuotes() {
      modes.append(.string(pounds: pounds, quotes: quotes))
      take(pounds + quotes)
    } else if !isSwift, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      takeCLiteral(byte)
    } else {
      if let depth, byte == UInt8(ascii: "(") { modes[modes.count - 1] = .code(depth: depth + 1) }
      if let depth, byte == UInt8(ascii: ")") {
        if depth == 1 { modes.removeLast() } else { modes[modes.count - 1] = .code(depth: depth - 1) }
      }
      take()
    }
  }

  private mutating func skipBlank() {
    var brokeLine = false
    while position < source.count {
      if starts("//") {
        while position < source.count, source[position] != UInt8(ascii: "\n") { position += 1 }
      } else if starts("/*") {
        skipBlockComment()
      } else if source[position] <= 0x20 {
        brokeLine = brokeLine || source[position] == UInt8(ascii: "\n")
        position += 1
      } else {
        break
      }
    }
    result.append(UInt8(ascii: brokeLine ? "\n" : " "))
  }

  private mutating func skipBlockComment() {
    var depth = 0
    repeat {
      if starts("/*"), isSwift || depth == 0 {
        depth += 1
        position += 2
      } else if starts("*/") {
        depth -= 1
        position += 2
      } else {
        position += 1
      }
    } while depth > 0 && position < source.count
  }

  private func openingQuotes() -> (pounds: Int, quotes: Int)? {
    var pounds = 0
    while position + pounds < source.count, source[position + pounds] == UInt8(ascii: "#") { pounds += 1 }
    if starts("\"\"\"", at: pounds) { return (pounds, 3) }
    return starts("\"", at: pounds) ? (pounds, 1) : nil
  }

  private mutating func stepString(_ pounds: Int, _ quotes: Int) {
    let byte = source[position]
    let pound = UInt8(ascii: "#")
    if byte == UInt8(ascii: "\\"), source[(position + 1)...].prefix(pounds).allSatisfy({ $0 == pound }) {
      let opens = position + 1 + pounds < source.count && source[position + 1 + pounds] == UInt8(ascii: "(")
      take(2 + pounds)
      if opens { modes.append(.code(depth: 1)) }
    } else if source[position...].prefix(quotes).elementsEqual(repeatElement(UInt8(ascii: "\""), count: quotes)),
      source[(position + quotes)...].prefix(pounds).elementsEqual(repeatElement(pound, count: pounds))
    {
      modes.removeLast()
      take(quotes + pounds)
    } else {
      take()
    }
  }

  private mutating func takeCLiteral(_ quote: UInt8) {
    take()
    while position < source.count, source[position] != quote, source[position] != UInt8(ascii: "\n") {
      take(source[position] == UInt8(ascii: "\\") ? 2 : 1)
    }
    take()
  }
}
