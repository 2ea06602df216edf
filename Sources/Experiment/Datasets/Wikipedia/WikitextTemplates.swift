/// The templates that carry words of the sentence, and the part of each that is text.
///
/// Nothing is expanded, and all other templates are left out. The names are those of the templates' pages in the wikis,
/// in small letters. A template is in the list where its text brings the words of an article nearer to those of
/// WikiExtractor 3.1.0, which expands templates; version 3.0.6 leaves all of them out, as ``none`` does.
///
/// Source: the documentation of each template in its wiki; for `convert`, WikiExtractor, which writes the number and
/// the unit that are given and converts nothing.
struct WikitextTemplates {
  /// The part of a template that is text.
  enum Part {
    /// An argument by its number, from 1, or by one of the names that it may have instead.
    case argument(Int, named: [String] = [])
    /// The same, as a paragraph of its own.
    case paragraph(Int, named: [String] = [])
    /// The last of the arguments that have no name.
    case last
    /// The first two arguments with a space between them: a number and its unit.
    case quantity
    /// Always the same characters.
    case characters(StaticString)
  }

  /// The longest name that is looked up, in bytes.
  static let longestName = 64

  private let parts: [String: Part]
  /// True when `{{lang-fr|mot}}` and its kin carry text.
  private let hasLanguages: Bool

  /// The templates of a wiki.
  /// - Parameter language: the wiki's language, as `en`; `nil` for the templates that all wikis have.
  init(language: String?) {
    let own = language.flatMap { Self.ofLanguage[String($0.prefix { $0 != "-" && $0 != "_" })] } ?? [:]
    self.init(parts: Self.ofAll.merging(own) { _, own in own }, hasLanguages: true)
  }

  /// No template carries text.
  static let none = WikitextTemplates(parts: [:], hasLanguages: false)

  private init(parts: [String: Part], hasLanguages: Bool) {
    self.parts = parts
    self.hasLanguages = hasLanguages
  }

  /// The part that is text; `nil` for a template that is left out.
  /// - Parameter name: the template's name as it is written on the page.
  func part(_ name: UnsafeBufferPointer<UInt8>) -> Part? {
    guard !name.isEmpty, name.count <= Self.longestName else { return nil }
    var text = String(decoding: name, as: UTF8.self).lowercased()
    if text.contains("_") { text = String(text.map { $0 == "_" ? " " : $0 }) }
    if text.hasPrefix("template:") { text.removeFirst("template:".count) }
    if let part = parts[text] { return part }
    // `{{lang-fr|mot}}`.
    let isLanguage = hasLanguages && text.hasPrefix("lang-") && text.utf8.count <= 16
    return isLanguage ? .argument(1, named: ["text"]) : nil
  }

  private static let quotation = Part.paragraph(1, named: ["text", "quote"])

  private static let ofAll: [String: Part] = [
    "lang": .argument(2, named: ["text"]), "nowrap": .argument(1), "nobr": .argument(1), "big": .argument(1),
    "abbr": .argument(1), "sup": .argument(1), "sub": .argument(1), "em": .argument(1), "strong": .argument(1),
    "nihongo": .argument(1), "quote": quotation, "convert": .quantity,
    "!": .characters("|"), "=": .characters("="), "'": .characters("'"), "pipe": .characters("|"),
    "nbsp": .characters("\u{a0}"), "ndash": .characters("–"), "mdash": .characters("—"),
    "snd": .characters(" – "), "spnd": .characters(" – "), "spaced ndash": .characters(" – "), "•": .characters(" • "),
  ]

  private static let ofLanguage: [String: [String: Part]] = [
    "en": [
      "blockquote": quotation, "cquote": quotation, "quotation": quotation, "cvt": .quantity, "nihongo2": .argument(1),
      "transl": .last, "transliteration": .last, "vanchor": .argument(1), "visible anchor": .argument(1),
      "angbr": .argument(1), "ill": .argument(1), "interlanguage link": .argument(1), "val": .argument(1),
    ],
    "de": ["zitat": .paragraph(1, named: ["text"])],
    "fr": [
      "citation": .argument(1), "citation bloc": .paragraph(1), "citation étrangère": .argument(1),
      "langue": .argument(2), "lang": .argument(2, named: ["texte", "text"]), "unité": .quantity,
      "japonais": .argument(1), "abréviation": .argument(1), "incise": .argument(1), "terme défini": .argument(1),
    ],
    "es": ["cita": .paragraph(1), "unidad": .quantity, "convertir": .quantity],
    "it": ["citazione": .paragraph(1)],
    "pt": ["citação": .paragraph(1), "quote1": .paragraph(1)],
    "ru": ["цитата": .paragraph(1), "comment": .argument(1), "s": .argument(1), "нихонго": .argument(1)],
    "uk": ["цитата": .paragraph(1)],
    "bg": ["цитат": .paragraph(1)],
    "pl": ["cytat": .paragraph(1)],
    "cs": ["citát": .paragraph(1), "cizojazyčně": .argument(2)],
    "nl": ["citaat": .paragraph(1)],
    "sv": ["citat": .paragraph(1)],
    "tr": ["alıntı": .paragraph(1), "dil": .argument(2)],
    "ja": [
      "quotation": .paragraph(1), "読み仮名": .argument(1), "ルビ": .argument(1), "仮リンク": .argument(1),
    ],
    "zh": ["cquote": quotation, "link-en": .argument(1), "le": .argument(1)],
    "ko": ["llang": .argument(2), "인용문": .paragraph(1), "인용문2": .paragraph(1)],
  ]
}

/// The arguments of a template between its braces.
struct WikitextArguments {
  private let text: WikitextSource
  /// Each argument with its name, which is its number where it has none.
  private(set) var named: [(name: String, range: Range<Int>)] = []
  /// The last argument without a name.
  private(set) var last: Range<Int>?

  /// A name before `=` is not longer, in bytes.
  private static let longestName = 32
  /// The most arguments that are looked at.
  private static let limit = 64

  /// Reads arguments.
  /// - Parameters:
  ///   - text: the page.
  ///   - bars: the positions of the bars before each argument.
  ///   - end: the position of the closing braces.
  init(_ text: WikitextSource, bars: ArraySlice<Int>, end: Int) {
    self.text = text
    let bars = bars.prefix(Self.limit)
    var count = 0
    for (position, bar) in zip(bars.indices, bars) {
      let argument = bar + 1..<(position + 1 < bars.endIndex ? bars[position + 1] : end)
      if let (name, value) = split(argument) {
        named.append((name, text.trimmed(value)))
      } else {
        count += 1
        named.append(("\(count)", argument))
        last = argument
      }
    }
  }

  /// The last argument of one of the names, of those that are not empty; as in MediaWiki, a later one counts.
  func range(_ number: Int, named names: [String] = []) -> Range<Int>? {
    let wanted = Set(["\(number)"] + names)
    return named.last { wanted.contains($0.name) && !text.trimmed($0.range).isEmpty }?.range
  }

  /// The name and the value of `name=value`; `nil` where no name is before an equals sign.
  private func split(_ argument: Range<Int>) -> (String, Range<Int>)? {
    let limit = min(argument.upperBound, argument.lowerBound + Self.longestName)
    guard let equals = text.find(UInt8(ascii: "="), from: argument.lowerBound, to: limit) else { return nil }
    let key = text.trimmed(argument.lowerBound..<equals)
    let isName =
      !key.isEmpty
      && text[key].allSatisfy { byte in
        byte.isASCIILetter || byte.isASCIIDigit || !byte.isASCII || byte == .space || "_-".utf8.contains(byte)
      }
    guard isName else { return nil }
    return (String(decoding: text[key], as: UTF8.self).lowercased(), equals + 1..<argument.upperBound)
  }
}
