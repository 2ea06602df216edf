public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads the English names and the usual scripts of languages from CLDR.
public struct ReadLanguages: Stage {
  /// From the Debian package unicode-cldr-core.
  public var names = InputFile("/usr/share/unicode/cldr/common/main/en.xml")
  /// Which script a language is usually written in.
  public var likelySubtags = InputFile("/usr/share/unicode/cldr/common/supplemental/likelySubtags.xml")
  /// Locales whose names are made of their parts, such as `sr_Latn` and `pt_PT`.
  public var locales = InputFolder("/usr/share/unicode/cldr/common/annotations", suffixes: [".xml"])

  public init() {}

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> Languages {
    let languages = try display("language", alternative: false)
    let scripts = try display("script", alternative: false)
    let territories = try display("territory", alternative: false)
    let usual = try usualScripts()
    let codes = Set(languages.keys).union(try locales.files().map(\.stem)).subtracting(["root"])
    return Languages(
      codes.map { code in
        let parts = code.split(separator: "_").map(String.init)
        let written = parts.dropFirst().first { $0.count == 4 }
        let details = parts.dropFirst().compactMap { $0.count == 4 ? scripts[$0] : territories[$0] }
        let composed =
          (languages[parts[0]] ?? parts[0]) + (details.isEmpty ? "" : " (\(details.joined(separator: ", ")))")
        return Language(
          code: code, name: languages[code] ?? composed, script: written ?? usual[code] ?? usual[parts[0]] ?? "Zyyy")
      })
  }

  /// CLDR's English names of languages, scripts or territories by code.
  private func display(_ element: StaticString, alternative: Bool) throws -> [String: String] {
    let bytes = try MappedBytes(path: names.path)
    var reader = MarkupReader(bytes.bytes)
    var found: [String: String] = [:]
    var code: String?
    while let event = reader.next() {
      switch event {
      // An empty tag names nothing: the file's own identity is one, `<language type="en"/>`.
      case .start(let tag, let isEmpty):
        code =
          !isEmpty && tag.name.is(element) && (tag.attribute("alt") == nil) != alternative
          ? tag.attribute("type")?.text : nil
      case .text(let span):
        if let known = code, found[known] == nil { found[known] = span.text.stripped }
        code = nil
      case .end: code = nil
      }
    }
    guard !found.isEmpty else {
      throw OperationError(
        operation: "read CLDR", subject: names.path, cause: "it names no \(element); is it main/en.xml?")
    }
    return found
  }

  private func usualScripts() throws -> [String: String] {
    let bytes = try MappedBytes(path: likelySubtags.path)
    var reader = MarkupReader(bytes.bytes)
    var found: [String: String] = [:]
    while let event = reader.next() {
      guard case .start(let tag, _) = event, tag.name.is("likelySubtag"), let from = tag.attribute("from"),
        let to = tag.attribute("to")
      else { continue }
      let parts = to.text.split(separator: "_")
      if parts.count > 1 { found[from.text] = String(parts[1]) }
    }
    return found
  }
}
