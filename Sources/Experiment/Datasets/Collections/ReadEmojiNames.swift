public import ArtifactTypes
public import Core
internal import Counting
internal import FileFormats
internal import Imaging

/// Reads the names and keywords that CLDR gives to emoji in the world's languages.
///
/// A pair for each emoji in Unicode's order: `id` and `image` are its code points in hexadecimal without U+FE0F
/// (`1f436`), `group` its group and subgroup, the texts its `name` and `keyword`s in every language. A keyword that
/// repeats the name is left out. A locale that holds only differences takes the rest from its parent.
public struct ReadEmojiNames: Stage {
  /// CLDR's annotations, from the Debian package unicode-cldr-core.
  public var annotations = InputFolder("/usr/share/unicode/cldr/common/annotations", suffixes: [".xml"])
  /// CLDR's annotations of sequences: families, flags, skin tones.
  public var derived = InputFolder("/usr/share/unicode/cldr/common/annotationsDerived", suffixes: [".xml"])
  /// CLDR's file of the parents of locales.
  public var supplemental = InputFile("/usr/share/unicode/cldr/common/supplemental/supplementalData.xml")
  /// Unicode's list of emoji, from the Debian package unicode-data.
  public var emoji = InputFile("/usr/share/unicode/emoji/emoji-test.txt")
  /// The locales to read, such as `["en", "zh_Hant"]`; all when `nil`.
  public var locales: [String]?
  /// True to read regional varieties too when all locales are read, such as `es_MX`. Their texts are mostly their
  /// parents'.
  public var regionalVarieties = false
  /// True to read emoji with skin tones too.
  public var skinTones = false
  /// True to read keywords as well as names.
  public var keywords = true
  /// True to keep a name in other languages that is the English one letter for letter: some are loans, some were never
  /// translated.
  public var untranslatedNames = true

  /// The untranslated names from which on a language is noted.
  private static let manyUntranslated = 100

  /// A locale with its own texts and those of its parents.
  private typealias Voice = (locale: String, annotations: EmojiAnnotations)

  /// Reads the files of the Debian packages.
  public init() {}

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the names; emoji without one are left out and noted.
  /// - Throws: ``OperationError`` when a file cannot be read, a locale that was asked for is missing, or no emoji has a
  ///   name.
  public func run(_ context: StageContext) async throws -> Pairs {
    let list = try Emoji.read(emoji, skinTones: skinTones)
    let positions = Dictionary(
      list.enumerated().map { ($0.element.key, $0.offset) }, uniquingKeysWith: { first, _ in first })
    let inheritance = try LocaleInheritance(supplemental)
    let files = Dictionary(grouping: try annotations.files() + derived.files(), by: \.stem)
    let chosen = try choose(from: files.keys.sorted(), inheritance)

    // English is needed to recognise untranslated names.
    let needed = Set(chosen.flatMap(inheritance.chain) + ["en"]).filter { files[$0] != nil }.sorted()
    let read = try await concurrentMap(
      count: needed.count, threads: context.threads, progress: { context.progress($0, of: needed.count, "locales") },
      { index in
        var merged: EmojiAnnotations?
        for file in files[needed[index]] ?? [] {
          let annotations = try EmojiAnnotations(path: file.path, positions: positions)
          if merged == nil { merged = annotations } else { merged?.inherit(from: annotations) }
        }
        return merged
      })
    let own = Dictionary(
      uniqueKeysWithValues: zip(needed, read).compactMap { name, found in found.map { (name, $0) } })

    let voices = chosen.compactMap { locale -> Voice? in
      guard var annotations = own[locale], !annotations.names.isEmpty else { return nil }
      for parent in inheritance.chain(locale).dropFirst() {
        if let parent = own[parent] { annotations.inherit(from: parent) }
      }
      return (locale, annotations)
    }
    return try write(list, voices, english: own["en"]?.names ?? [:], context: context)
  }

  private func choose(from found: [String], _ inheritance: LocaleInheritance) throws -> [String] {
    guard let locales else { return found.filter { regionalVarieties || !LocaleInheritance.isRegional($0) } }
    if let missing = locales.first(where: { !found.contains($0) }) {
      throw OperationError(
        operation: "read emoji names", subject: annotations.path,
        cause: "there is no locale “\(missing)”; there are \(found.joined(separator: ", "))")
    }
    return locales.sorted()
  }

  private func write(
    _ list: [Emoji], _ voices: [Voice], english: [Int: String], context: StageContext
  ) throws -> Pairs {
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    var untranslated: [String: Int] = [:]
    var nameless = 0
    for (position, emoji) in list.enumerated() {
      try Task.checkCancellation()
      let texts = texts(of: position, voices, english: english[position], untranslated: &untranslated)
      if texts.isEmpty {
        nameless += 1
      } else {
        try writer.write(Pair(id: emoji.id, image: emoji.id, texts: texts, group: emoji.group))
      }
    }
    guard writer.count > 0 else {
      throw OperationError(
        operation: "read emoji names", subject: annotations.path, cause: "no emoji of \(emoji.path) has a name in it")
    }

    if nameless > 0 { context.note("\(nameless) emoji have no name in any language: they are newer than the names") }
    note(untranslated, context)
    return try writer.finish()
  }

  /// The names and keywords of one emoji, by language.
  /// - Parameter untranslated: by language, how many names are the English one.
  private func texts(
    of position: Int, _ voices: [Voice], english: String?, untranslated: inout [String: Int]
  ) -> [PairText] {
    var texts: [PairText] = []
    for (locale, annotations) in voices {
      var seen: Set<String> = []
      if let name = annotations.names[position] {
        // A variety of English may well have the same name.
        let isEnglish = !locale.hasPrefix("en") && name == english
        if isEnglish { untranslated[locale, default: 0] += 1 }
        if !isEnglish || untranslatedNames {
          texts.append(PairText(name, field: "name", language: locale))
          seen.insert(name)
        }
      }

      for keyword in keywords ? annotations.keywords[position] ?? [] : [] where seen.insert(keyword).inserted {
        texts.append(PairText(keyword, field: "keyword", language: locale))
      }
    }
    return texts
  }

  private func note(_ untranslated: [String: Int], _ context: StageContext) {
    let many = untranslated.filter { $0.value >= Self.manyUntranslated }
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    guard !many.isEmpty else { return }
    let listed = many.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    context.note(
      "Names equal to the English ones, where there are \(Self.manyUntranslated) or more: "
        + "\(listed)\(untranslatedNames ? "" : "; left out")")
  }
}
