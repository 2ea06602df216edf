public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads the captions of Crossmodal-3600 (XM3600): 3,600 photographs with captions in 36 languages.
///
/// `captions.jsonl`, plain or packed, has a picture a line: `{"image/key":"0001fa…","image/locale":"fi","en":{"caption":["…"]},…}`. A
/// pair for each picture: `id` and `image` are its key, `group` its locale, the texts its `caption`s in the order of the languages.
/// Records that cannot be used are left out, counted by kind and noted. The pictures come from ``RenderPictures``. Source: Thapliyal and
/// others, “Crossmodal-3600: A Massively Multilingual Multimodal Evaluation Dataset”, arXiv 2205.12522.
public struct ReadCrossmodal: Stage {
  public var file: InputFile

  /// - Parameter file: `captions.jsonl`.
  public init(file: InputFile) { self.file = file }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> Pairs {
    let reader = try LineReader(path: file.path)
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    var seen: Set<String> = []
    var faults = FaultCounts(examples: 5)
    while let line = try reader.next() {
      try Task.checkCancellation()
      if line.isTooLong {
        faults.add("lines are too long", "line \(line.number)")
        continue
      }
      if line.bytes.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { continue }
      do {
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
      } catch let fault as JSONCursor.Fault {
        faults.add("records cannot be read", "line \(line.number): \(fault.description)")
      }
    }
    try faults.check(kept: writer.count, operation: "read Crossmodal-3600", subject: file.path)
    faults.note(in: context)
    return try writer.finish()
  }

  /// The data set's languages as it writes them, in the order of their codes.
  private static let languages: [StaticString] = [
    "ar", "bn", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fil", "fr", "he", "hi", "hr", "hu", "id", "it", "ja",
    "ko", "mi",
    "nl", "no", "pl", "pt", "quz", "ro", "ru", "sv", "sw", "te", "th", "tr", "uk", "vi", "zh",
  ]

  private static func pair(_ bytes: UnsafeRawBufferPointer) throws -> Pair {
    var pair = Pair(id: "", image: "", texts: [])
    var found = [[String]](repeating: [], count: languages.count)
    var cursor = JSONCursor(bytes)
    try cursor.beginObject()
    while let key = try cursor.nextKey() {
      switch key {
      case "image/key": pair.id = try cursor.skipNull() ? "" : try cursor.string()
      case "image/locale": pair.group = try cursor.skipNull() ? nil : try cursor.string()
      default:
        if let place = languages.firstIndex(where: { $0 ~= key }) {
          found[place] += try captions(&cursor)
        } else {
          try cursor.skip()
        }
      }
    }
    try cursor.end()
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
