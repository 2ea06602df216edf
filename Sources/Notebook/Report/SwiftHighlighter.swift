/// Colours the comments, strings, numbers, keywords, types and attributes of Swift code.
///
/// It reads words, not syntax: a word that it does not know stays plain, and the text is always complete.
struct SwiftHighlighter {
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var html = HTML()
  /// Text without colour that is not in ``html`` yet.
  private var plain = ""

  /// Code as HTML, in which each coloured word is an `i` element with the class of its kind.
  static func highlight(_ code: String) -> HTML {
    var highlighter = SwiftHighlighter(code)
    highlighter.run()
    return highlighter.html
  }

  private init(_ code: String) { scalars = Array(code.unicodeScalars) }

  private mutating func run() {
    while position < scalars.count {
      // Every branch moves on by at least one scalar, so that no text is lost or repeated.
      let scalar = scalars[position]
      if starts(with: "//") {
        emit(end { $0 == "\n" }, as: "c")
      } else if starts(with: "/*") {
        emit(commentEnd(), as: "c")
      } else if scalar == "\"" || (scalar == "#" && isRawString) {
        emit(stringEnd(), as: "s")
      } else if scalar.properties.isXIDStart || scalar == "_" {
        emitWord()
      } else if scalar.properties.numericType != nil, scalar.isASCII {
        emit(numberEnd(), as: "n")
      } else if scalar == "@" || scalar == "#", position + 1 < scalars.count,
        scalars[position + 1].properties.isXIDStart
      {
        position += 1
        let end = end { !$0.properties.isXIDContinue }
        position -= 1
        emit(end, as: "a")
      } else {
        plain.unicodeScalars.append(scalar)
        position += 1
      }
    }

    flush()
  }

  /// A name: a keyword unless it is a member, a type when it is capitalised.
  private mutating func emitWord() {
    let end = end { !$0.properties.isXIDContinue }
    let word = text(to: end)
    if Self.keywords.contains(word), position == 0 || scalars[position - 1] != "." {
      emit(end, as: "k")
    } else if scalars[position].properties.isUppercase {
      emit(end, as: "t")
    } else {
      plain += word
      position = end
    }
  }

  private mutating func flush() {
    guard !plain.isEmpty else { return }
    html += HTML(text: plain)
    plain = ""
  }

  private mutating func emit(_ end: Int, as kind: String) {
    flush()
    html += #"<i class="\#(kind)">\#(text(to: end))</i>"#
    position = end
  }

  private func text(to end: Int) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[position..<end])
    return String(text)
  }

  private func starts(with text: String, at start: Int? = nil) -> Bool {
    let start = start ?? position
    let wanted = text.unicodeScalars
    return start + wanted.count <= scalars.count && zip(wanted, scalars[start...]).allSatisfy { $0 == $1 }
  }

  private func end(where isEnd: (Unicode.Scalar) -> Bool) -> Int {
    var end = position
    while end < scalars.count, !isEnd(scalars[end]) { end += 1 }
    return end
  }

  /// The end of a comment between `/*` and `*/`, in which others may be.
  private func commentEnd() -> Int {
    var depth = 0
    var end = position
    while end < scalars.count {
      if starts(with: "/*", at: end) {
        depth += 1
        end += 2
      } else if starts(with: "*/", at: end) {
        depth -= 1
        end += 2
        if depth == 0 { return end }
      } else {
        end += 1
      }
    }
    return end
  }

  private var isRawString: Bool {
    let next = end { $0 != "#" }
    return next < scalars.count && scalars[next] == "\""
  }

  /// The end of a string literal, with pounds, of one line or several; an interpolation counts as part of it.
  private func stringEnd() -> Int {
    let pounds = end { $0 != "#" } - position
    let isLong = starts(with: "\"\"\"", at: position + pounds)
    let close = (isLong ? "\"\"\"" : "\"") + String(repeating: "#", count: pounds)
    let escape = "\\" + String(repeating: "#", count: pounds)

    // Quotation marks inside an interpolation do not end the literal, so its parentheses are counted.
    var end = position + pounds + (isLong ? 3 : 1)
    var parentheses = 0
    while end < scalars.count {
      if starts(with: escape, at: end) {
        end += escape.unicodeScalars.count
        if end < scalars.count, scalars[end] == "(" { parentheses += 1 }
        end += 1
      } else if parentheses > 0 {
        if scalars[end] == "(" { parentheses += 1 }
        if scalars[end] == ")" { parentheses -= 1 }
        end += 1
      } else if starts(with: close, at: end) {
        return end + close.unicodeScalars.count
      } else if scalars[end] == "\n", !isLong {
        return end
      } else {
        end += 1
      }
    }
    return min(end, scalars.count)
  }

  private func numberEnd() -> Int {
    var end = position
    while end < scalars.count {
      let scalar = scalars[end]
      let isPoint = scalar == "." && end + 1 < scalars.count && ("0"..."9").contains(scalars[end + 1])
      guard scalar.isASCII, scalar.properties.isXIDContinue || isPoint else { break }
      end += 1
    }
    return end
  }

  private static let keywords: Set<String> = [
    "actor", "any", "as", "associatedtype", "async", "await", "break", "case", "catch", "class", "continue",
    "default", "defer", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func",
    "guard", "if", "import", "in", "init", "inout", "internal", "is", "let", "mutating", "nil", "nonisolated",
    "operator", "package", "private", "protocol", "public", "repeat", "return", "self", "Self", "some", "static",
    "struct", "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias", "var", "where", "while",
  ]
}
