public import ArtifactTypes
public import Core
internal import Counting
internal import FileFormats
internal import Imaging

/// Reads the names of countries and their continents in the world's languages, for pictures of flags:
/// geo-localisation on real data.
///
/// A pair for each flag: `id` and `image` are `flags/` and the ISO code (`flags/FR`), `group` the continent's English
/// name, the texts the country's `name` and the `continent` in every language that CLDR has them in. The pictures
/// come from ``RenderFlags``.
public struct ReadFlags: Stage {
  /// The flags, from the Debian package iso-flags-png-320x240.
  public var flags = RenderFlags.folder
  /// CLDR's locales, from the Debian package unicode-cldr-core.
  public var locales = InputFolder("/usr/share/unicode/cldr/common/main", suffixes: [".xml"])
  /// CLDR's file of the continents of territories.
  public var supplemental = InputFile("/usr/share/unicode/cldr/common/supplemental/supplementalData.xml")
  /// The languages to read, such as `["en", "zh_Hant"]`; all but regional varieties when empty.
  public var languages: [String] = []

  private static let operation = "read the names of countries"

  /// Reads the files of the Debian packages.
  /// - Parameter languages: the languages to read; all but regional varieties when empty.
  public init(languages: [String] = []) { self.languages = languages }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the names in the order of the countries' codes; flags without a continent or a name are left out and noted.
  /// - Throws: ``OperationError`` when a file cannot be read, a language that was asked for is missing, or no flag
  ///   has a name.
  public func run(_ context: StageContext) async throws -> Pairs {
    let continents = try Continents(supplemental)
    let files = try chosenLocales()
    let read = try await concurrentMap(
      count: files.count, threads: context.threads, progress: { context.progress($0, of: files.count, "locales") },
      { index in try TerritoryNames.read(path: files[index].path) })
    let voices = zip(files, read).filter { !$0.1.isEmpty && (languages.isEmpty || languages.contains($0.0.stem)) }
    // English names the groups, also when it is not among the languages.
    guard let english = zip(files, read).first(where: { $0.0.stem == "en" })?.1, !english.isEmpty else {
      throw OperationError(
        operation: Self.operation, subject: locales.path, cause: "en.xml names no territories, or is not there")
    }

    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    var faults = FaultCounts()
    for flag in try RenderFlags.flags(in: flags) {
      guard let continent = continents.continentOf[flag.code] else {
        faults.add("flags are of territories that CLDR puts on no continent", flag.code)
        continue
      }
      let texts = voices.flatMap { file, names in
        [(names[flag.code], "name"), (names[continent], "continent")].compactMap { text, field in
          text.map { PairText($0, field: field, language: file.stem) }
        }
      }
      if texts.isEmpty {
        faults.add("flags have no name in these languages", flag.code)
      } else {
        try writer.write(Pair(id: flag.id, image: flag.id, texts: texts, group: english[continent] ?? continent))
      }
    }

    try faults.check(kept: writer.count, operation: Self.operation, subject: flags.path)
    faults.note(in: context)
    return try writer.finish()
  }

  /// The files of the languages, and the English one, which names the groups.
  private func chosenLocales() throws -> [FolderFile] {
    let files = try locales.files().filter { file in
      languages.isEmpty ? !LocaleInheritance.isRegional(file.stem) : languages.contains(file.stem) || file.stem == "en"
    }
    if let missing = languages.first(where: { language in !files.contains { $0.stem == language } }) {
      throw OperationError(
        operation: Self.operation, subject: locales.path, cause: "there is no locale “\(missing)”")
    }
    return files
  }
}
