public import ArtifactTypes
public import Core
internal import Glibc
internal import Imaging

/// Reads the captions of Tux Paint's stamps: photographs and drawings of animals, food, tools, vehicles in many languages.
///
/// Made for held-out retrieval, as Crossmodal-3600 is. Each pair has one `caption` a language; its `group` tells what to stratify
/// by: `symbols/alphabets` and `symbols/math` are letters, digits and signs. The pictures come from ``RenderStamps``.
public struct ReadStamps: Stage {
  /// From the Debian package tuxpaint-stamps-default.
  public var folder = InputFolder("/usr/share/tuxpaint/stamps", suffixes: [".png", ".svg", ".txt"])
  /// Whether letters, digits and signs are read too.
  public var symbols = true
  /// Whether a caption that is the English one letter for letter is kept in other languages.
  public var untranslatedCaptions = false

  public init(symbols: Bool = true) { self.symbols = symbols }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

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

  /// Whether a group holds letters, digits or signs.
  public static func isSymbol(_ group: String) -> Bool { group == "symbols/alphabets" || group == "symbols/math" }

  /// The first line is English; every other one says its language: `de.utf8=Ein Fuchs.`
  private func captions(_ stamp: StampFiles.Stamp, _ faults: inout FaultCounts) throws -> [PairText] {
    let bytes = try FileBytes.read(stamp.captions)
    var found: [String: String] = [:]
    var english = ""
    for (number, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
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
