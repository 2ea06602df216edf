internal import ArtifactTypes
internal import FileFormats

/// The names of territories in CLDR's locales.
enum TerritoryNames {
  /// Names by code, such as `FR` or `150`, from a file of CLDR's `main`: the usual names, not the short ones. Empty
  /// where the file has none.
  static func read(path: String) throws -> [String: String] {
    var names: [String: String] = [:]
    try LocaleFile(path: path).forEachText(
      inside: "territories",
      key: { tag in
        tag.name.is("territory") && tag.attribute("alt") == nil ? tag.attribute("type")?.text : nil
      },
      { code, text in
        let name = text.stripped
        if !name.isEmpty, name != LocaleFile.inherit, names[code] == nil { names[code] = name }
      })
    return names
  }
}
