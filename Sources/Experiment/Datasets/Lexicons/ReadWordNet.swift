public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads the words of the Princeton WordNet as candidates for metadata.
///
/// Source of the format: WordNet 3.0, `wndb(5WN)`.
public struct ReadWordNet: Stage {
  /// The strings of a synset that count.
  public enum Entries: String, Codable, Sendable {
    /// Every word of every synset, unchanged: what MetaCLIP 2 takes of each WordNet.
    case lemmas
    /// A synset's name, its first word in lower case up to its first full stop: what MetaCLIP 1 took.
    case synsetNames
  }

  /// The folder with `data.noun`, `data.verb`, `data.adj` and `data.adv`, from the Debian package wordnet-base.
  public var folder = InputFolder("/usr/share/wordnet", suffixes: ["data.noun", "data.verb", "data.adj", "data.adv"])
  /// The strings of a synset that count.
  public var entries = Entries.lemmas
  /// The language to file the words under.
  public var language = "en"

  /// Reads the WordNet of the Debian package.
  public init(entries: Entries = .lemmas) { self.entries = entries }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the words of one language, in the order of their bytes, each with the number of its synsets.
  /// - Throws: ``OperationError`` when a file cannot be read or there is no word. A line that is not a synset is not an
  ///   error; it is noted.
  public func run(_ context: StageContext) async throws -> ConceptLists {
    var counts: [String: Int] = [:]
    var faults = FaultCounts()
    let files = try folder.files()
    for (index, file) in files.enumerated() {
      try Task.checkCancellation()
      context.progress(index, of: files.count, "files")
      let bytes = try MappedBytes(path: file.path)
      bytes.forEachLine { line in
        // The licence at the start of a file is indented.
        guard line.first != .space else { return }
        let words = Self.words(String(decoding: line, as: UTF8.self))
        guard let first = words.first else {
          faults.add("lines of WordNet are no synsets", String(decoding: line.prefix(30), as: UTF8.self))
          return
        }
        switch entries {
        case .lemmas: for word in words { counts[Self.spaced(word), default: 0] += 1 }
        case .synsetNames: counts[Self.spaced(first.lowercased().prefix { $0 != "." }), default: 0] += 1
        }
      }
    }

    counts[""] = nil
    try faults.check(kept: counts.count, operation: "read WordNet", subject: folder.path)
    faults.note(in: context)
    let sorted = counts.sorted { $0.key.precedes($1.key) }
    return try ConceptLists.write(
      [language: sorted.map { CountedText($0.key, count: $0.value) }], folder: context.scratch)
  }

  /// The words of a synset's line, without the syntactic marker in parentheses that adjectives may have.
  private static func words(_ line: String) -> [Substring] {
    // Offset, file, type, number of words; then each word with a number.
    let fields = line.split(separator: " ", maxSplits: 4)
    guard fields.count == 5, let count = Int(fields[3], radix: 16) else { return [] }
    let rest = fields[4].split(separator: " ", maxSplits: count * 2)
    guard rest.count >= count * 2 else { return [] }
    return (0..<count).map { index in
      let word = rest[index * 2]
      return word.hasSuffix(")") ? word.prefix { $0 != "(" } : word
    }
  }

  private static func spaced(_ word: some StringProtocol) -> String {
    String(word.unicodeScalars.lazy.map { $0 == "_" ? " " : Character($0) }.filter { $0 != "+" })
  }
}
