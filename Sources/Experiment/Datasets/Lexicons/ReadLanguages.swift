public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads the English names and the usual scripts of languages from CLDR.
public struct ReadLanguages: Stage {
  /// CLDR's English locale, from the Debian package unicode-cldr-core.
  public var names = InputFile("/usr/share/unicode/cldr/common/main/en.xml")
  /// CLDR's file of the scripts that languages are usually written in.
  public var likelySubtags = InputFile("/usr/share/unicode/cldr/common/supplemental/likelySubtags.xml")
  /// Locales whose names are made of their parts, such as `sr_Latn` and `pt_PT`.
  public var locales = InputFolder("/usr/share/unicode/cldr/common/annotations", suffixes: [".xml"])

  /// The script of a language for which CLDR has none: “common”. Source: ISO 15924.
  private static let commonScript = "Zyyy"

  /// Reads the files of the Debian packages.
  public init() {}

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the languages that have a name or a locale.
  /// - Throws: ``OperationError`` when a file cannot be read or names nothing.
  public func run(_ context: StageContext) async throws -> Languages {
    let languages = try display("language")
    let scripts = try display("script")
    let territories = try display("territory")
    let usual = try usualScripts()
    let codes = Set(languages.keys).union(try locales.files().map(\.stem)).subtracting(["root"])

    return Languages(
      codes.map { code in
        let parts = code.split(separator: "_").map(String.init)
        let written = parts.dropFirst().first(where: Self.isScript)
        let details = parts.dropFirst().compactMap { Self.isScript($0) ? scripts[$0] : territories[$0] }
        let composed =
          (languages[parts[0]] ?? parts[0]) + (details.isEmpty ? "" : " (\(details.joined(separator: ", ")))")
        return Language(
          code: code, name: languages[code] ?? composed,
          script: written ?? usual[code] ?? usual[parts[0]] ?? Self.commonScript)
      })
  }

  /// True for the part of a code that names a script: it has four letters, a territory's has two or three characters.
  private static func isScript(_ part: String) -> Bool { part.count == 4 }

  /// CLDR's English names of languages, scripts or territories by code.
  private func display(_ element: StaticString) throws -> [String: String] {
    var found: [String: String] = [:]
    try LocaleFile(path: names.path).forEachText(
      key: { tag in tag.name.is(element) && tag.attribute("alt") == nil ? tag.attribute("type")?.text : nil },
      { code, text in if found[code] == nil { found[code] = text.stripped } })
    guard !found.isEmpty else {
      throw OperationError(
        operation: "read CLDR", subject: names.path, cause: "it names no \(element); is it main/en.xml?")
    }
    return found
  }

  private func usualScripts() throws -> [String: String] {
    var found: [String: String] = [:]
    try LocaleFile(path: likelySubtags.path).forEachTag { tag in
      guard tag.name.is("likelySubtag"), let from = tag.attribute("from"), let to = tag.attribute("to") else { return }
      let parts = to.text.split(separator: "_")
      if parts.count > 1 { found[from.text] = String(parts[1]) }
    }
    return found
  }
}
