public import ArtifactTypes
public import Core
internal import Glibc
internal import Imaging

/// Reads the captions of Tux Paint's stamps: photographs and drawings of animals, food, tools and vehicles, in many
/// languages.
///
/// Made for held-out retrieval, as Crossmodal-3600 is. Each pair has one `caption` in each language; its `group` is
/// what to stratify by: `symbols/alphabets` and `symbols/math` are letters, digits and signs. The pictures come from
/// ``RenderStamps``.
public struct ReadStamps: Stage {
  /// The stamps, from the Debian package tuxpaint-stamps-default.
  public var folder = InputFolder("/usr/share/tuxpaint/stamps", suffixes: [".png", ".svg", ".txt"])
  /// True to read letters, digits and signs too.
  public var symbols = true
  /// True to keep a caption in other languages that is the English one letter for letter.
  public var untranslatedCaptions = false

  /// Reads the stamps of the Debian package.
  /// - Parameter symbols: whether letters, digits and signs are read too.
  public init(symbols: Bool = true) { self.symbols = symbols }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the captions in the order of the stamps' ids; stamps without captions are left out and noted.
  /// - Throws: ``OperationError`` when the folder cannot be read or no stamp has a caption.
  public func run(_ context: StageContext) async throws -> Pairs {
    let stamps = try StampFiles.find(in: folder).filter { symbols || !Self.isSymbol($0.group) }
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    var faults = FaultCounts()
    for (index, stamp) in stamps.enumerated() {
      try Task.checkCancellation()
      context.progress(index, of: stamps.count, "stamps")
      guard access(stamp.captions, R_OK) == 0 else {
        faults.add("stamps have no captions", stamp.id)
        continue
      }
      let texts = try captions(stamp, &faults)
      if texts.isEmpty {
        faults.add("stamps have empty captions", stamp.id)
      } else {
        try writer.write(Pair(id: stamp.id, image: stamp.id, texts: texts, group: stamp.group))
      }
    }

    try faults.check(kept: writer.count, operation: "read stamps", subject: folder.path)
    faults.note(in: context)
    return try writer.finish()
  }

  /// True for a group of letters, digits or signs.
  public static func isSymbol(_ group: String) -> Bool { group == "symbols/alphabets" || group == "symbols/math" }

  /// The captions in the order of their languages. The first line is English; every other one names its language:
  /// `de.utf8=Ein Fuchs.`
  private func captions(_ stamp: StampFiles.Stamp, _ faults: inout FaultCounts) throws -> [PairText] {
    let bytes = try FileBytes.read(stamp.captions)
    var found: [String: String] = [:]
    var english = ""
    for (number, line) in bytes.split(separator: .lineFeed, omittingEmptySubsequences: false).enumerated() {
      guard let line = String(validating: line, as: UTF8.self) else {
        faults.add("lines of captions are not UTF-8", "\(stamp.id), line \(number + 1)")
        continue
      }
      if number == 0 {
        english = line.stripped
        continue
      }

      guard let equals = line.firstIndex(of: "=") else { continue }
      let key = line[..<equals].trimmingSuffix(".utf8")
      let text = String(line[line.index(after: equals)...]).stripped
      let language = LanguageCodes.cldr(key, plainPortugueseIsEuropean: true)
      guard !text.isEmpty, found[language] == nil else { continue }
      // A variety of English may well have the same caption.
      guard untranslatedCaptions || text != english || language.hasPrefix("en_") else {
        faults.add("captions are the English one letter for letter and are left out", "\(language) of \(stamp.id)")
        continue
      }
      found[language] = text
    }

    if !english.isEmpty, found["en"] == nil { found["en"] = english }
    return found.sorted { $0.key < $1.key }.map { PairText($0.value, field: "caption", language: $0.key) }
  }
}

extension Substring {
  fileprivate func trimmingSuffix(_ suffix: String) -> Substring { hasSuffix(suffix) ? dropLast(suffix.count) : self }
}
