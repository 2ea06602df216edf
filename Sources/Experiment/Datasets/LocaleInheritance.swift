internal import ArtifactTypes
internal import Core
internal import FileFormats
internal import Imaging

/// Which locale of CLDR takes from which what it does not say itself.
///
/// Source: Unicode Technical Standard #35, part 1, “Locale Inheritance”.
struct LocaleInheritance: Sendable {
  private var explicit: [String: String] = [:]

  /// - Parameter file: CLDR's `supplementalData.xml`.
  init(_ file: InputFile) throws {
    let bytes = try MappedBytes(path: file.path)
    var reader = MarkupReader(bytes.bytes)
    while let event = reader.next() {
      guard case .start(let tag, _) = event, tag.name.is("parentLocale"), let parent = tag.attribute("parent"),
        let locales = tag.attribute("locales"), tag.attribute("component") == nil
      else { continue }
      for locale in locales.text.split(separator: " ") { explicit[String(locale)] = parent.text }
    }
    guard !explicit.isEmpty else {
      throw OperationError(
        operation: "read CLDR", subject: file.path, cause: "it names no parents of locales; is it supplementalData.xml?"
      )
    }
  }

  /// The locale itself, then those it inherits from, the root left out.
  func chain(_ locale: String) -> [String] {
    var chain = [locale]
    var current = locale
    while let next = parent(current), next != "root" {
      chain.append(next)
      current = next
    }
    return chain
  }

  private func parent(_ locale: String) -> String? {
    explicit[locale] ?? locale.lastIndex(of: "_").map { String(locale[..<$0]) }
  }

  /// Whether a locale is a regional variety, such as `es_MX` or `en_001`, and not a language in a script.
  static func isRegional(_ locale: String) -> Bool {
    let parts: [Substring] = locale.split(separator: "_")
    return parts.dropFirst().contains { $0.count < 4 }
  }
}
