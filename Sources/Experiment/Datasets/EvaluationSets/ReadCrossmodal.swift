public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads the captions of Crossmodal-3600 (XM3600): 3,600 photographs with captions in 36 languages.
///
/// `captions.jsonl`, compressed or not, has a picture on each line:
/// `{"image/key":"0001fa…","image/locale":"fi","en":{"caption":["…"]},…}`. A pair for each picture: `id` and `image`
/// are its key, `group` its locale, the texts its `caption`s in the order of the languages. Records that cannot be
/// used are left out, counted by kind and noted. The pictures come from ``RenderPictures``. Source: Thapliyal and
/// others, “Crossmodal-3600: A Massively Multilingual Multimodal Evaluation Dataset”, arXiv 2205.12522.
public struct ReadCrossmodal: Stage {
  /// The file with the captions.
  public var file: InputFile

  /// Reads one file.
  /// - Parameter file: `captions.jsonl`.
  public init(file: InputFile) { self.file = file }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// The data set's languages as it writes them, in the order of their codes.
  private static let languages: [StaticString] = [
    "ar", "bn", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fil", "fr", "he", "hi", "hr", "hu", "id", "it", "ja",
    "ko", "mi", "nl", "no", "pl", "pt", "quz", "ro", "ru", "sv", "sw", "te", "th", "tr", "uk", "vi", "zh",
  ]

  /// Reads the captions in the order of the file; of several records with one key the first.
  /// - Throws: ``OperationError`` when the file cannot be read or no record can be used.
  public func run(_ context: StageContext) async throws -> Pairs {
    let reader = try LineReader(path: file.path)
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    var seen: Set<String> = []
    var faults = FaultCounts(examples: 5)
    try reader.forEachRecord(faults: &faults) { line, faults in
      let pair = try Self.pair(line.bytes)
      if pair.id.isEmpty {
        faults.add("records have no “image/key”", "line \(line.number)")
      } else if pair.texts.isEmpty {
        faults.add("records have no captions", pair.id)
      } else if !seen.insert(pair.id).inserted {
        faults.add("records have a key that was there before", pair.id)
      } else {
        try writer.write(pair)
      }
    }

    try faults.check(kept: writer.count, operation: "read Crossmodal-3600", subject: file.path)
    faults.note(in: context)
    return try writer.finish()
  }

  private static func pair(_ bytes: UnsafeRawBufferPointer) throws -> Pair {
    var pair = Pair(id: "", image: "", texts: [])
    var found = [[String]](repeating: [], count: languages.count)
    var cursor = JSONCursor(bytes)
    try cursor.beginObject()
    while let key = try cursor.nextKey() {
      switch key {
      case "image/key": pair.id = try cursor.optionalString() ?? ""
      case "image/locale": pair.group = try cursor.optionalString()
      default:
        if let index = languages.firstIndex(where: { $0 ~= key }) {
          found[index] += try captions(&cursor)
        } else {
          try cursor.skip()
        }
      }
    }
    try cursor.end()

    // In the order of the languages' codes, whatever the order in the record.
    pair.image = pair.id
    for (language, texts) in zip(languages, found) {
      let code = LanguageCodes.cldr("\(language)")
      pair.texts += texts.map { PairText($0, field: "caption", language: code) }
    }
    return pair
  }

  /// The texts of an object's `caption`.
  private static func captions(_ cursor: inout JSONCursor) throws -> [String] {
    var texts: [String] = []
    if try cursor.skipNull() { return texts }
    try cursor.beginObject()
    while let key = try cursor.nextKey() {
      switch key {
      case "caption":
        if try cursor.skipNull() { continue }
        try cursor.beginArray()
        while try cursor.nextElement() {
          let text = try cursor.string().stripped
          if !text.isEmpty { texts.append(text) }
        }
      default: try cursor.skip()
      }
    }
    return texts
  }
}
