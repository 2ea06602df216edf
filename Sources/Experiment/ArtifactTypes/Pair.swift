package import FileFormats

/// A picture and the texts that were found with it.
public struct Pair: Hashable, Sendable {
  /// The pair's name, unique in its ``Pairs``; random draws are keyed by it.
  public var id: String
  /// The picture's id in a ``PictureSet``; several pairs may share a picture.
  public var image: String
  /// The texts, at least one.
  public var texts: [PairText]
  /// A stratum of reports, such as `letters` or `animals/birds`; training does not use it.
  public var group: String?

  /// A pair with these values.
  public init(id: String, image: String, texts: [PairText], group: String? = nil) {
    self.id = id
    self.image = image
    self.texts = texts
    self.group = group
  }

  /// The first text in a language; `nil` when there is none.
  /// - Parameters:
  ///   - language: the code of the language.
  ///   - field: the field of the text, such as `name`; any field when `nil`.
  public func text(in language: String, field: String? = nil) -> String? {
    texts.first { $0.language == language && (field == nil || $0.field == field) }?.text
  }
}

/// One text of a picture.
public struct PairText: Hashable, Sendable {
  /// The text itself.
  public var text: String
  /// Its role at the picture: `name`, `keyword`, `caption`, `title`, `alt`.
  public var field: String
  /// The code of its language as CLDR or the metadata writes it, such as `pt` or `zh_Hant`; `nil` when it is unknown.
  public var language: String?
  /// The confidence of the language identification, 0...1; `nil` when the source itself named the language.
  public var confidence: Double?

  /// A text with these values.
  public init(_ text: String, field: String, language: String? = nil, confidence: Double? = nil) {
    self.text = text
    self.field = field
    self.language = language
    self.confidence = confidence
  }

  /// The number of words: pieces of the text between white space.
  public var wordCount: Int { text.split(whereSeparator: \.isWhitespace).count }
}

extension Pair {
  /// Reads a line of `pairs.jsonl`. Unknown keys are ignored.
  /// - Throws: ``JSONCursor/Fault`` when the line is not a pair.
  package init(line: UnsafeRawBufferPointer) throws {
    var cursor = JSONCursor(line)
    var id: String?
    var image: String?
    texts = []

    try cursor.beginObject()
    while let key = try cursor.nextKey() {
      switch key {
      case "id": id = try cursor.string()
      case "image": image = try cursor.string()
      case "group": group = try cursor.string()
      case "texts":
        try cursor.beginArray()
        while try cursor.nextElement() { texts.append(try PairText(&cursor)) }
      default: try cursor.skip()
      }
    }
    try cursor.end()

    guard let id, let image else { throw JSONCursor.Fault(description: "a pair needs “id” and “image”") }
    self.id = id
    self.image = image
  }

  /// Writes a line of `pairs.jsonl`, with its line feed.
  package func append(to line: inout JSONLine) {
    line.raw(#"{"id":"#)
    line.string(id)
    line.raw(#","image":"#)
    line.string(image)
    if let group {
      line.raw(#","group":"#)
      line.string(group)
    }
    line.raw(#","texts":["#)
    for (position, text) in texts.enumerated() {
      if position > 0 { line.raw(",") }
      text.append(to: &line)
    }
    line.raw("]}\n")
  }
}

extension PairText {
  fileprivate init(_ cursor: inout JSONCursor) throws {
    var text: String?
    field = ""
    try cursor.beginObject()
    while let key = try cursor.nextKey() {
      switch key {
      case "text": text = try cursor.string()
      case "field": field = try cursor.string()
      case "language": language = try cursor.string()
      case "confidence": confidence = try cursor.number()
      default: try cursor.skip()
      }
    }
    guard let text else { throw JSONCursor.Fault(description: "a text needs “text”") }
    self.text = text
  }

  fileprivate func append(to line: inout JSONLine) {
    line.raw(#"{"text":"#)
    line.string(text)
    line.raw(#","field":"#)
    line.string(field)
    if let language {
      line.raw(#","language":"#)
      line.string(language)
    }
    if let confidence {
      line.raw(#","confidence":"#)
      line.number(confidence)
    }
    line.raw("}")
  }
}
