internal import ArtifactTypes
internal import Core
internal import FileFormats
internal import Imaging

/// The parents of CLDR's locales, from which a locale takes what it does not say itself.
///
/// Source: Unicode Technical Standard #35, part 1, “Locale Inheritance”.
struct LocaleInheritance: Sendable {
  private let explicit: [String: String]

  /// - Parameter file: CLDR's `supplementalData.xml`.
  init(_ file: InputFile) throws {
    var explicit: [String: String] = [:]
    try LocaleFile(path: file.path).forEachTag { tag in
      guard tag.name.is("parentLocale"), let parent = tag.attribute("parent"), let locales = tag.attribute("locales"),
        tag.attribute("component") == nil
      else { return }
      for locale in locales.text.split(separator: " ") { explicit[String(locale)] = parent.text }
    }
    guard !explicit.isEmpty else {
      throw OperationError(
        operation: "read CLDR", subject: file.path,
        cause: "it names no parents of locales; is it supplementalData.xml?")
    }
    self.explicit = explicit
  }

  /// The locale itself, then those that it inherits from, without the root.
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

  /// True for a regional variety, such as `es_MX` or `en_001`; false for a language in a script.
  static func isRegional(_ locale: String) -> Bool {
    let parts: [Substring] = locale.split(separator: "_")
    return parts.dropFirst().contains { $0.count < 4 }
  }
}
