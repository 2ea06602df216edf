internal import ArtifactTypes
internal import FileFormats

/// Reads a pair from JSON that another program wrote, and says what is wrong with it.
///
/// The shape is that of ``Pairs``: `{"id","image","texts":[{"text","field","language"?}]}`. Other fields are skipped;
/// `null` is taken as a field that is not there.
enum PairRecord {
  /// The outcome of reading a record.
  enum Outcome {
    /// - Parameter emptyTexts: how many of its texts were empty and left out.
    case pair(Pair, emptyTexts: Int)
    /// - Parameters:
    ///   - kind: the words after a number of such records.
    ///   - reason: more about this one; empty where the kind says it all.
    ///   - isSyntax: whether it is not JSON, as the half of a record is not.
    case fault(kind: String, reason: String, isSyntax: Bool)
  }

  /// Fields as they were found.
  private struct Fields {
    var id: String?
    var image: String?
    var group: String?
    var texts: [PairText]?
    var emptyTexts = 0
    /// The texts that samples of other programs have instead of `texts`.
    var captions: [PairText] = []
  }

  /// Reads a record.
  /// - Parameter key: the name of a WebDataset sample: the pair's id where the record has none, which then is the
  ///   picture's too; and `caption` and `text` count where there are no `texts`.
  static func read(_ bytes: UnsafeRawBufferPointer, key: String? = nil) -> Outcome {
    do {
      return outcome(try fields(of: bytes, isSample: key != nil), key: key)
    } catch {
      return fault(error, in: bytes)
    }
  }

  private static func fields(of bytes: UnsafeRawBufferPointer, isSample: Bool) throws -> Fields {
    var fields = Fields()
    var cursor = JSONCursor(bytes)
    try cursor.beginObject()
    while let name = try cursor.nextKey() {
      switch name {
      case "id": fields.id = try cursor.optionalString()
      case "image": fields.image = try cursor.optionalString()
      case "group": fields.group = try cursor.optionalString()
      case "texts": try readTexts(&cursor, &fields)
      case "caption" where isSample: try readCaption(&cursor, &fields, field: "caption")
      case "text" where isSample: try readCaption(&cursor, &fields, field: "text")
      default: try cursor.skip()
      }
    }
    try cursor.end()
    return fields
  }

  private static func outcome(_ fields: Fields, key: String?) -> Outcome {
    guard let id = fields.id ?? key, !id.isEmpty else { return missing("records have no “id”") }
    guard let image = fields.image ?? (key == nil ? nil : id), !image.isEmpty else {
      return missing("records have no “image”")
    }
    guard let texts = fields.texts ?? (fields.captions.isEmpty ? nil : fields.captions),
      !texts.isEmpty || fields.emptyTexts > 0
    else { return missing(noTexts) }
    if texts.isEmpty { return missing(onlyEmptyTexts) }
    return .pair(Pair(id: id, image: image, texts: texts, group: fields.group), emptyTexts: fields.emptyTexts)
  }

  /// Kinds of faults that readers of samples have too.
  static let noTexts = "records have no “texts”"
  static let onlyEmptyTexts = "records have only empty texts"
  static let noUTF8 = "records are no UTF-8"

  /// The outcome for a record without something that it needs.
  static func missing(_ kind: String) -> Outcome { .fault(kind: kind, reason: "", isSyntax: false) }

  /// The outcome for an error that a cursor has thrown.
  static func fault(_ error: any Error, in bytes: UnsafeRawBufferPointer) -> Outcome {
    guard let first = error as? JSONCursor.Fault else {
      return .fault(kind: "records cannot be read", reason: "\(error)", isSyntax: false)
    }
    // A value of another shape does not say that the rest is JSON.
    let fault = first.kind == .shape ? JSONCursor.fault(in: bytes) ?? first : first
    switch fault.kind {
    case .syntax: return .fault(kind: "records are no JSON", reason: fault.description, isSyntax: true)
    case .encoding: return .fault(kind: noUTF8, reason: fault.description, isSyntax: false)
    case .shape: return .fault(kind: "records have values of another type", reason: fault.description, isSyntax: false)
    }
  }

  private static func readCaption(_ cursor: inout JSONCursor, _ fields: inout Fields, field: String) throws {
    guard let text = try cursor.optionalString(), !text.isBlank else { return }
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
      case "field": result.field = try cursor.optionalString() ?? ""
      case "language": result.language = try cursor.optionalString()
      case "confidence": result.confidence = try cursor.skipNull() ? nil : try cursor.number()
      default: try cursor.skip()
      }
    }
    guard hasText else { throw JSONCursor.Fault(description: "a text has no “text”") }
    return result
  }
}
