internal import Core
internal import FileFormats

/// Two JSON values read side by side, token by token.
enum JSONPairing {
  /// The first place at which the values differ by more than numbers that are close, in words; `nil` where there is
  /// none.
  ///
  /// White space and the way in which a character or a number is written do not count; the order of fields and
  /// elements does.
  /// - Throws: ``JSONCursor/Fault`` where one of them is not JSON up to there.
  static func firstDifference(
    _ values: Sides<UnsafeRawBufferPointer>, _ closeness: inout Closeness
  ) throws -> String? {
    var first = JSONTokens(values.old)
    var second = JSONTokens(values.new)
    var path = JSONPath()
    while true {
      let a = try first.next()
      let b = try second.next()
      switch (a, b) {
      case (.end, .end): return nil
      case (.beginObject, .beginObject): path.enter(isObject: true)
      case (.beginArray, .beginArray): path.enter(isObject: false)
      case (.endObject, .endObject), (.endArray, .endArray): path.leave()
      case (.key(let a), .key(let b)) where isSame(a, b): path.key(a)
      case (.string(let a), .string(let b)) where isSame(a, b): path.beginElement()
      case (.boolean(let a), .boolean(let b)) where a == b: path.beginElement()
      case (.null, .null): path.beginElement()

      case (.number(let spanA), .number(let spanB)):
        path.beginElement()
        guard spanA.hasBytes(of: spanB) || closeness.accepts(spanA, spanB) ?? false else {
          return path.words("\(words(a)) → \(words(b))")
        }
      case (.string, .string):
        path.beginElement()
        return path.words("\(words(a)) → \(words(b))")
      case (.key, .key(let span)): return path.words("\(words(a)) → “\(JSONText.text(span).shortened)”")
      default: return path.words("\(words(a)) → \(words(b))")
      }
    }
  }

  private static func isSame(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    if a.hasBytes(of: b) { return true }
    guard a.contains(UInt8(ascii: "\\")) || b.contains(UInt8(ascii: "\\")) else { return false }
    return JSONText.text(a).utf8.elementsEqual(JSONText.text(b).utf8)
  }

  private static func words(_ token: JSONTokens.Token) -> String {
    switch token {
    case .beginObject: "an object"
    case .beginArray: "an array"
    case .endObject: "no further field"
    case .endArray: "no further element"
    case .key(let span): "field “\(JSONText.text(span).shortened)”"
    case .string(let span): "“\(JSONText.text(span).shortened)”"
    case .number(let span): String(decoding: span, as: UTF8.self).shortened
    case .boolean(let value): value ? "true" : "false"
    case .null: "null"
    case .end: "nothing"
    }
  }
}

/// The place of a reader in a JSON value.
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
      case .field(let span?): text += (text.isEmpty ? "" : ".") + JSONText.text(span).shortened
      case .field(nil): break
      case .element(let index): text += index < 0 ? "" : "[\(index)]"
      }
    }
    return text
  }

  /// A difference at this place, with the place before it.
  func words(_ difference: String) -> String { text.isEmpty ? difference : "\(text): \(difference)" }
}
