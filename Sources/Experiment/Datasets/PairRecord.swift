internal import ArtifactTypes
internal import FileFormats

/// Reads a pair from JSON that somebody else wrote, and says what is wrong with it.
///
/// The shape is that of ``Pairs``: `{"id","image","texts":[{"text","field","language"?}]}`. Other fields are skipped; `null` stands for
/// a field that is not there.
enum PairRecord {
  /// What came of a record.
  enum Outcome {
    /// - Parameter emptyTexts: how many of its texts were empty and left out.
    case pair(Pair, emptyTexts: Int)
    /// - Parameters:
    ///   - kind: the words after a number of such records.
    ///   - reason: more about this one; empty where the kind says it all.
    ///   - isSyntax: whether it is no JSON, as the half of a record is not.
    case fault(kind: String, reason: String, isSyntax: Bool)
  }

  /// Fields as they were found.
  private struct Fields {
    var id: String?
    var image: String?
    var group: String?
    var texts: [PairText]?
    var emptyTexts = 0
    /// What other people's samples have instead of `texts`.
    var captions: [PairText] = []
  }

  /// Reads a record.
  /// - Parameter key: the name of a WebDataset sample: the pair's id where the record has none, which then is the picture's too; and
  ///   `caption` and `text` count where there are no `texts`.
  static func read(_ bytes: UnsafeRawBufferPointer, key: String? = nil) -> Outcome {
    do {
      var fields = Fields()
      var cursor = JSONCursor(bytes)
      try cursor.beginObject()
      while let name = try cursor.nextKey() {
        switch name {
        case "id": fields.id = try optionalString(&cursor)
        case "image": fields.image = try optionalString(&cursor)
        case "group": fields.group = try optionalString(&cursor)
        case "texts": try readTexts(&cursor, &fields)
        case "caption" where key != nil: try readCaption("caption", &cursor, &fields)
        case "text" where key != nil: try readCaption("text", &cursor, &fields)
        default: try cursor.skip()
        }
      }
      try cursor.end()
      return outcome(fields, key: key)
    } catch {
      return fault(error, in: bytes)
    }
  }

  private static func outcome(_ fields: Fields, key: String?) -> Outcome {
    guard let id = fields.id ?? key, !id.isEmpty else { return missing("records have no “id”") }
    guard let image = fields.image ?? (key == nil ? nil : id), !image.isEmpty else {
      return missing("records have no “image”")
    }
    guard let texts = fields.texts ?? (fields.captions.isEmpty ? nil : fields.captions),
      !texts.isEmpty || fields.emptyTexts > 0
    else { return missing("records have no “texts”") }
    if texts.isEmpty { return missing("records have empty texts alone") }
    return .pair(Pair(id: id, image: image, texts: texts, group: fields.group), emptyTexts: fields.emptyTexts)
  }

  static func missing(_ kind: String) -> Outcome { .fault(kind: kind, reason: "", isSyntax: false) }

  /// What a cursor has thrown, and whether the whole record is JSON at all.
  static func fault(_ error: any Error, in bytes: UnsafeRawBufferPointer) -> Outcome {
    guard let first = error as? JSONCursor.Fault else {
      return .fault(kind: "records cannot be read", reason: "\(error)", isSyntax: false)
    }
    // Another shape at one place does not say that the rest is JSON.
    let fault = first.kind == .shape ? JSONCursor.fault(in: bytes) ?? first : first
    switch fault.kind {
    case .syntax: return .fault(kind: "records are no JSON", reason: fault.description, isSyntax: true)
    case .encoding: return .fault(kind: "records are no UTF-8", reason: fault.description, isSyntax: false)
    case .shape: return .fault(kind: "records have values of another type", reason: fault.description, isSyntax: false)
    }
  }

  private static func optionalString(_ cursor: inout JSONCursor) throws -> String? {
    try cursor.skipNull() ? nil : try cursor.string()
  }

  private static func readCaption(_ field: String, _ cursor: inout JSONCursor, _ fields: inout Fields) throws {
    guard let text = try optionalString(&cursor), !text.isBlank else { return }
    fields.captions.append(PairText(text, field: field))
  }

  private static func readTexts(_ cursor: inout JSONCursor, _ fields: inout Fields) throws {
    fields.texts = nil
    fields.emptyTexts = 0
    if try cursor.skipNull() { return }
    var texts: [PairText] = []
    try cursor.beginArray()
    while try cursor.nextElement() {
      let text = try readText(&cursor)
      if text.text.isBlank { fields.emptyTexts += 1 } else { texts.append(text) }
    }
    fields.texts = texts
  }

  private static func readText(_ cursor: inout JSONCursor) throws -> PairText {
    var result = PairText("", field: "")
    var hasText = false
    try cursor.beginObject()
    while let key = try cursor.nextKey() {
      switch key {
      case "text":
        result.text = try cursor.string()
        hasText = true
      case "field": result.field = try optionalString(&cursor) ?? ""
      case "language": result.language = try optionalString(&cursor)
      case "confidence": result.confidence = try cursor.skipNull() ? nil : try cursor.number()
      default: try cursor.skip()
      }
    }
    guard hasText else { throw JSONCursor.Fault(description: "a text has no “text”") }
    return result
  }
}

extension String {
  /// Whether there is nothing but white space in it.
  var isBlank: Bool {
    for byte in utf8 where byte > 32 { return byte >= 128 && unicodeScalars.allSatisfy(\.properties.isWhitespace) }
    return true
  }
}
