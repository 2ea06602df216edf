internal import FileFormats

/// A text and the number of times that it, or something with its name, was seen.
public struct CountedText: Hashable, Sendable {
  /// The text.
  public var text: String
  /// The number of times.
  public var count: Int

  /// A text with its count.
  public init(_ text: String, count: Int) {
    self.text = text
    self.count = count
  }
}

extension CountedText {
  /// Writes the object `{"text":…,"count":…}`, without a line feed.
  func append(to line: inout JSONLine) {
    line.raw(#"{"text":"#)
    line.string(text)
    line.raw(#","count":"#)
    line.integer(count)
    line.raw("}")
  }
}

extension LanguageFiles {
  /// Reads a language's lines `{"text":…,"count":…}`, in order; a count that is missing is 1.
  /// - Throws: ``OperationError`` with the line at fault.
  package func counted(_ language: String) throws -> [CountedText] {
    var texts: [CountedText] = []
    try forEach(language) { cursor in
      var text: String?
      var count = 1
      try cursor.beginObject()
      while let key = try cursor.nextKey() {
        switch key {
        case "text": text = try cursor.string()
        case "count": count = try cursor.integer()
        default: try cursor.skip()
        }
      }
      guard let text else { throw JSONCursor.Fault(description: "a record needs “text”") }
      texts.append(CountedText(text, count: count))
    }
    return texts
  }
}

extension LanguageFilesWriter {
  /// Writes a language's lines `{"text":…,"count":…}`.
  /// - Throws: ``OperationError`` when the code cannot name a file, or the file cannot be written.
  package func write(_ language: String, counted texts: some Sequence<CountedText>) throws {
    try write(language, texts) { $0.append(to: &$1) }
  }
}
