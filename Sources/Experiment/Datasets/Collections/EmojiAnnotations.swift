internal import ArtifactTypes
internal import FileFormats

/// The names and keywords of emoji in one CLDR file, by the emoji's position.
struct EmojiAnnotations: Sendable {
  var names: [Int: String] = [:]
  var keywords: [Int: [String]] = [:]

  /// Takes the names and keywords of emoji that have none here from another file.
  mutating func inherit(from parent: EmojiAnnotations) {
    names.merge(parent.names) { own, _ in own }
    keywords.merge(parent.keywords) { own, _ in own }
  }

  /// Reads an annotation file.
  /// - Parameters:
  ///   - path: from CLDR's `annotations` or `annotationsDerived`.
  ///   - positions: of the emoji by their UTF-8 bytes without U+FE0F.
  init(path: String, positions: [[UInt8]: Int]) throws {
    try LocaleFile(path: path).forEachText(
      key: { tag -> (position: Int, isName: Bool)? in
        guard tag.name.is("annotation"), let sequence = tag.attribute("cp"),
          let position = positions[Self.key(sequence)]
        else { return nil }
        return (position, tag.attribute("type")?.is("tts") ?? false)
      },
      { found, text in add(text, to: found.position, isName: found.isName) })
  }

  private mutating func add(_ text: String, to position: Int, isName: Bool) {
    if isName {
      let name = text.stripped
      if !name.isEmpty, name != LocaleFile.inherit, names[position] == nil { names[position] = name }
    } else {
      let words = text.split(separator: "|").map { String($0).stripped }
        .filter { !$0.isEmpty && $0 != LocaleFile.inherit }
      if !words.isEmpty, keywords[position] == nil { keywords[position] = words }
    }
  }

  /// The first byte of U+FE0F in UTF-8.
  private static let variationSelectorLead: UInt8 = 0xEF

  /// The bytes that ``Emoji/key`` has. Most sequences need no change, and so no string.
  private static func key(_ span: MarkupReader.Span) -> [UInt8] {
    let bytes = Array(span.bytes)
    return bytes.contains(UInt8(ascii: "&")) || bytes.contains(variationSelectorLead)
      ? Emoji.key(span.text.unicodeScalars, leavingOut: [Emoji.variationSelector]) : bytes
  }
}
