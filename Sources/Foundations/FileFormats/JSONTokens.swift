/// Reads one JSON value of any shape token by token, with the checks of ``JSONCursor``.
package struct JSONTokens {
  /// One token. A span is a string's bytes between its quotation marks, escapes as they are written and valid UTF-8, or
  /// a number's characters.
  package enum Token {
    case beginObject, endObject, beginArray, endArray
    /// A field's name; the tokens of its value follow.
    case key(UnsafeRawBufferPointer)
    case string(UnsafeRawBufferPointer)
    case number(UnsafeRawBufferPointer)
    case boolean(Bool)
    case null
    /// Nothing follows the value.
    case end
  }

  private var cursor: JSONCursor
  /// For each open object `true`, for each open array `false`.
  private var open: [Bool] = []
  private var isBeforeValue = true

  /// - Parameter bytes: one value; must stay valid while the tokens and their spans are used.
  package init(_ bytes: UnsafeRawBufferPointer) { cursor = JSONCursor(bytes) }

  /// The number of objects and arrays that are open.
  package var depth: Int { open.count }

  /// The next token; ``Token/end`` again and again at the end.
  /// - Throws: ``JSONCursor/Fault`` where the bytes are not JSON, or arrays and objects are nested more deeply than
  ///   ``JSONCursor/depthLimit``.
  package mutating func next() throws -> Token {
    if !isBeforeValue {
      guard let isObject = open.last else {
        try cursor.end()
        return .end
      }
      if isObject {
        guard let key = try cursor.nextKey() else { return close(.endObject) }
        isBeforeValue = true
        return .key(key.bytes)
      }
      guard try cursor.nextElement() else { return close(.endArray) }
    }

    isBeforeValue = false
    return try value()
  }

  private mutating func close(_ token: Token) -> Token {
    open.removeLast()
    return token
  }

  private mutating func value() throws -> Token {
    switch try cursor.peekValue() {
    case UInt8(ascii: "{"):
      try enter(isObject: true)
      try cursor.beginObject()
      return .beginObject
    case UInt8(ascii: "["):
      try enter(isObject: false)
      try cursor.beginArray()
      return .beginArray

    case UInt8(ascii: "\""): return .string(try cursor.validString())
    case UInt8(ascii: "t"):
      try cursor.literal("true")
      return .boolean(true)
    case UInt8(ascii: "f"):
      try cursor.literal("false")
      return .boolean(false)
    case UInt8(ascii: "n"):
      try cursor.literal("null")
      return .null
    default: return .number(try cursor.anyNumber().bytes)
    }
  }

  /// Opens an object or array unless they are nested too deeply for callers that build a tree by recursion.
  private mutating func enter(isObject: Bool) throws {
    guard open.count < JSONCursor.depthLimit else { throw cursor.tooDeep() }
    open.append(isObject)
  }
}
