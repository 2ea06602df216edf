internal import ArtifactTypes
internal import FileFormats

/// What CLDR's locales call territories.
enum TerritoryNames {
  /// The mark that stands for “as the parent has it”.
  private static let inherit = "↑↑↑"

  /// Names by code, such as `FR` or `150`, from a file of CLDR's `main`; the usual names, not the short ones. Empty where it has none.
  static func read(path: String) throws -> [String: String] {
    let mapped = try MappedBytes(path: path)
    return withExtendedLifetime(mapped) { read(mapped.bytes) }
  }

  private static func read(_ bytes: UnsafeRawBufferPointer) -> [String: String] {
    var reader = MarkupReader(bytes)
    var names: [String: String] = [:]
    var isInside = false
    var code: String?
    while let event = reader.next() {
      switch event {
      case .start(let tag, let isEmpty):
        if tag.name.is("territories") { isInside = true }
        // An empty tag names nothing: the file's own identity is one, `<territory type="MX"/>`.
        code =
          isInside && !isEmpty && tag.name.is("territory") && tag.attribute("alt") == nil
          ? tag.attribute("type")?.text : nil
      case .text(let span):
        if let code {
          let name = span.text.stripped
          if !name.isEmpty, name != inherit, names[code] == nil { names[code] = name }
        }
        code = nil
      case .end(let name):
        if name.is("territories") { return names }
        code = nil
      }
    }
    return names
  }
}
