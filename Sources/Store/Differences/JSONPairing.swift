internal import Core

/// Two JSON values read side by side, token by token.
enum JSONPairing {
  /// The first place at which the values differ by more than numbers that are close, in words; `nil` where there is none.
  ///
  /// White space and how a character or a number is written do not count; the order of fields and elements does.
  /// - Throws: ``JSONLexer/Fault`` where one of them is no JSON up to there.
  static func firstDifference(
    _ old: UnsafeRawBufferPointer, _ new: UnsafeRawBufferPointer, _ closeness: inout Closeness
  ) throws -> String? {
    var first = JSONLexer(old)
    var second = JSONLexer(new)
    var path = JSONPath()
    while true {
      let a = try first.next()
      let b = try second.next()
      switch (a, b) {
      case (.end, .end): return nil
      case (.beginObject, .beginObject): path.enter(isObject: true)
      case (.beginArray, .beginArray): path.enter(isObject: false)
      case (.endObject, .endObject), (.endArray, .endArray): path.leave()
      case (.key(let a), .key(let b)):
        guard isSame(a, b) else {
          return path.words("field “\(JSONText.unescaped(a).shortened)” → “\(JSONText.unescaped(b).shortened)”")
        }
        path.key(a)
      case (.string(let a), .string(let b)):
        path.beginElement()
        guard isSame(a, b) else {
          return path.words("“\(JSONText.unescaped(a).shortened)” → “\(JSONText.unescaped(b).shortened)”")
        }
      case (.number(let a), .number(let b)):
        path.beginElement()
        guard a.hasBytes(of: b) || closeness.accepts(a, b) ?? false else {
          return path.words("\(String(decoding: a, as: UTF8.self)) → \(String(decoding: b, as: UTF8.self))")
        }
      case (.boolean(let a), .boolean(let b)) where a == b: path.beginElement()
      case (.null, .null): path.beginElement()
      default: return path.words("\(words(a)) → \(words(b))")
      }
    }
  }

  static func isSame(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    if a.hasBytes(of: b) { return true }
    guard a.contains(UInt8(ascii: "\\")) || b.contains(UInt8(ascii: "\\")) else { return false }
    return JSONText.unescaped(a).utf8.elementsEqual(JSONText.unescaped(b).utf8)
  }

  private static func words(_ token: JSONLexer.Token) -> String {
    switch token {
    case .beginObject: "an object"
    case .beginArray: "an array"
    case .endObject: "no further field"
    case .endArray: "no further element"
    case .key(let span): "field “\(JSONText.unescaped(span).shortened)”"
    case .string(let span): "“\(JSONText.unescaped(span).shortened)”"
    case .number(let span): String(decoding: span.prefix(40), as: UTF8.self)
    case .boolean(let value): value ? "true" : "false"
    case .null: "null"
    case .end: "nothing"
    }
  }
}

/// Where in a JSON value a reader is.
struct JSONPath {
  private enum Step {
    case field(UnsafeRawBufferPointer?)
    case element(Int)
  }

  private var steps: [Step] = []

  mutating func enter(isObject: Bool) {
    beginElement()
    steps.append(isObject ? .field(nil) : .element(-1))
  }

  mutating func leave() { steps.removeLast() }

  mutating func key(_ span: UnsafeRawBufferPointer) { steps[steps.count - 1] = .field(span) }

  /// Counts an element where the reader is in an array.
  mutating func beginElement() {
    if case .element(let index)? = steps.last { steps[steps.count - 1] = .element(index + 1) }
  }

  /// `texts[0].text`; empty at the top.
  var text: String {
    var text = ""
    for step in steps {
      switch step {
      case .field(let span?): text += (text.isEmpty ? "" : ".") + JSONText.unescaped(span).shortened
      case .field(nil): break
      case .element(let index): text += index < 0 ? "" : "[\(index)]"
      }
    }
    return text
  }

  /// What is at this place, with the place before it.
  func words(_ what: String) -> String { text.isEmpty ? what : "\(text): \(what)" }
}

extension String {
  /// At most 80 characters, for messages.
  var shortened: String {
    unicodeScalars.count <= 80 ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(79))) + "…"
  }
}
