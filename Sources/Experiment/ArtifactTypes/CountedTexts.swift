internal import FileFormats

/// A text and how often something was seen with it.
public struct CountedText: Hashable, Sendable {
  public var text: String
  public var count: Int

  public init(_ text: String, count: Int) {
    self.text = text
    self.count = count
  }
}

extension LanguageFiles {
  /// A language's lines `{"text":…,"count":…}`.
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
  package func write(_ language: String, counted texts: some Sequence<CountedText>) throws {
    try write(language, texts) { text, line in
      line.raw(#"{"text":"#)
      line.string(text.text)
      line.raw(#","count":"#)
      line.integer(text.count)
      line.raw("}")
    }
  }
}
