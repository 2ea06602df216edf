internal import ArtifactTypes
internal import FileFormats

/// What one CLDR file says of emoji: names and keywords by the emoji's position.
struct EmojiAnnotations: Sendable {
  /// The mark that stands for “as the parent has it”.
  private static let inherit = "↑↑↑"

  var names: [Int: String] = [:]
  var keywords: [Int: [String]] = [:]

  /// Takes what another one says of emoji that this one says nothing of.
  mutating func inherit(from parent: EmojiAnnotations) {
    names.merge(parent.names) { own, _ in own }
    keywords.merge(parent.keywords) { own, _ in own }
  }

  /// Reads an annotation file.
  /// - Parameters:
  ///   - path: from CLDR's `annotations` or `annotationsDerived`.
  ///   - positions: of the emoji by their UTF-8 bytes without U+FE0F.
  init(path: String, positions: [[UInt8]: Int]) throws {
    let bytes = try MappedBytes(path: path)
    var reader = MarkupReader(bytes.bytes)
    var current: (position: Int, isName: Bool)?
    while let event = reader.next() {
      switch event {
      case .start(let tag, _):
        guard tag.name.is("annotation"), let sequence = tag.attribute("cp"),
          let position = positions[Self.key(sequence)]
        else {
          current = nil
          continue
        }
        current = (position, tag.attribute("type")?.is("tts") ?? false)
      case .text(let span):
        guard let found = current else { continue }
        current = nil
        add(span.text, to: found.position, isName: found.isName)
      case .end: current = nil
      }
    }
  }

  private mutating func add(_ text: String, to position: Int, isName: Bool) {
    if isName {
      let name = text.stripped
      if !name.isEmpty, name != Self.inherit, names[position] == nil { names[position] = name }
    } else {
      let words = text.split(separator: "|").map { String($0).stripped }.filter { !$0.isEmpty && $0 != Self.inherit }
      if !words.isEmpty, keywords[position] == nil { keywords[position] = words }
    }
  }

  private static func key(_ span: MarkupReader.Span) -> [UInt8] {
    let bytes = Array(span.bytes)
    return bytes.contains(UInt8(ascii: "&")) || bytes.contains(0xEF)
      ? Emoji.key(span.text.unicodeScalars, leavingOut: ["\u{FE0F}"]) : bytes
  }
}
