public import ArtifactTypes
public import Core
internal import Counting
internal import FileFormats
internal import Imaging

/// Reads the words of the Open Multilingual WordNet as candidates for metadata.
///
/// Of every file `wn-data-XXX.tab` in the folder, the lemmas: `_` becomes a space, `+`, which marks parts of words,
/// is left out, and the words are a set in the order of their bytes. Where two files are of one language, the first
/// counts, as for the usual reader (Italian has a second wordnet in `iwn`). Languages that are not in the reference's
/// table are left out and noted, and so is English, which ``ReadWordNet`` reads. Source of the format: Open
/// Multilingual WordNet 1.4; source of the table: MetaCLIP 2, reference code.
public struct ReadOpenWordNets: Stage {
  /// The folder with the files, in sub-folders too.
  public var folder: InputFolder
  /// The language of Albanian's words: `sq`, its own code; `als`, Alemannic's, as in MetaCLIP 2's reference.
  public var albanian = "sq"
  /// The spelling of the languages' codes.
  public var codes = WikipediaCodes.joined

  /// Reads the wordnets of a folder.
  /// - Parameters:
  ///   - folder: the folder with the files.
  ///   - albanian: the language of Albanian's words.
  ///   - codes: the spelling of the languages' codes.
  public init(
    _ folder: InputFolder, albanian: String = "sq", codes: WikipediaCodes = .joined
  ) {
    self.folder = folder
    self.albanian = albanian
    self.codes = codes
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the lemmas; a list for each language, each word with count 1.
  /// - Throws: ``OperationError`` when there is no wordnet of the table's languages, or none with lemmas. A line that
  ///   has too few fields is not an error; it is noted.
  public func run(_ context: StageContext) async throws -> ConceptLists {
    var faults = FaultCounts()
    let chosen = try choose(&faults)
    let read = try await concurrentMap(count: chosen.count, threads: context.threads) { position in
      context.progress(position, of: chosen.count, "wordnets")
      return try OpenWordNetFile(path: chosen[position].file.path, code: chosen[position].code)
    }

    var lists: [String: [CountedText]] = [:]
    for (wordNet, contents) in zip(chosen, read) {
      for _ in 0..<contents.brokenLines {
        faults.add("lines of wordnets have no three fields", wordNet.file.relativePath)
      }
      if contents.words.isEmpty { faults.add("wordnets have no lemmas", wordNet.file.relativePath) }
      let language = wordNet.code == OpenWordNets.albanian ? albanian : codes.language(wordNet.language)
      lists[language] = contents.words.isEmpty ? nil : contents.words.map { CountedText($0, count: 1) }
    }
    try faults.check(kept: lists.count, operation: "read wordnets", subject: folder.path)
    faults.note(in: context)
    return try ConceptLists.write(lists, folder: context.scratch)
  }

  /// The first file of each language of the table.
  private func choose(_ faults: inout FaultCounts) throws -> [(file: FolderFile, code: String, language: String)] {
    var chosen: [(file: FolderFile, code: String, language: String)] = []
    for file in try folder.files() where file.name.hasPrefix("wn-data-") && file.name.hasSuffix(".tab") {
      let code = String(file.name.dropFirst("wn-data-".count).dropLast(".tab".count))
      if chosen.contains(where: { $0.code == code }) {
        faults.add("wordnets are a language's second and were left out", file.relativePath)
      } else if let language = code == OpenWordNets.albanian ? albanian : OpenWordNets.languages[code] {
        chosen.append((file, code, language))
      } else {
        faults.add("wordnets are of languages outside the table and were left out", file.relativePath)
      }
    }
    guard !chosen.isEmpty else {
      throw OperationError(
        operation: "read wordnets", subject: folder.path,
        cause: "there is no wordnet of the table's languages in it: their files are named like wn-data-fra.tab")
    }
    return chosen
  }
}

/// The lemmas of one file.
private struct OpenWordNetFile: Sendable {
  /// In the order of their bytes.
  var words: [String] = []
  var brokenLines = 0

  /// - Parameter code: of the language, as the file's types name it: `fra:lemma`. A type of more parts, such as
  ///   Arabic's `arb:lemma:root` and `arb:lemma:brokenplural`, is of forms and not of lemmas; the usual reader leaves
  ///   them out, too.
  init(path: String, code: String) throws {
    let bytes = try MappedBytes(path: path)
    var found: Set<[UInt8]> = []
    try bytes.forEachLine { line in
      try Task.checkCancellation()
      guard line.first != UInt8(ascii: "#") else { return }
      let fields = line.split(separator: .tab, omittingEmptySubsequences: false)
      guard let last = fields.last, fields.count >= 3 else {
        brokenLines += 1
        return
      }
      guard fields[1].elementsEqual("lemma".utf8) || fields[1].elementsEqual("\(code):lemma".utf8) else { return }

      // The last field is the word, however many are between.
      let word = last.lazy.filter { $0 != UInt8(ascii: "+") }.map { $0 == UInt8(ascii: "_") ? .space : $0 }
      found.insert(Array(String(decoding: Array(word), as: UTF8.self).stripped.utf8))
    }
    found.remove([])
    words = found.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
  }
}
