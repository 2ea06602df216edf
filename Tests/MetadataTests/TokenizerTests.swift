import ArtifactTypes
import Metadata
import Testing

@Suite struct TokenizerTests {
  /// Random text of what makes a difference: tags and their halves, white space of every kind, brackets, CJK-like code
  /// points, words.
  private func randomText(_ random: inout some RandomNumberGenerator) -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...60, using: &random) {
      switch Int.random(in: 0..<10, using: &random) {
      case 0: text.append(contentsOf: Self.pieces.randomElement(using: &random, or: "").unicodeScalars)
      case 1: text.append(Self.spaces.randomElement(using: &random, or: " "))
      case 2: text.append(Self.marks.randomElement(using: &random, or: ","))
      case 3: text.append(Unicode.Scalar(UInt32.random(in: 0..<0x3000, using: &random)) ?? "?")
      case 4: text.append(Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &random)) ?? "?")
      case 5: text.append(Self.scripts.randomElement(using: &random, or: "a"))
      default:
        text.append(
          contentsOf: ["a", "b", "ab", " ", " ", "é", "e\u{301}", "ж"].randomElement(using: &random, or: "")
            .unicodeScalars)
      }
    }
    return String(text)
  }

  private static let pieces = [
    "<", ">", "&lt;", "&gt;", "<b>", "</b>", "&l", "t;", "&", "<\n>", "\n", "\r\n", "it's", "3.5", "&amp;",
  ]
  private static let spaces = (0..<0x3001).compactMap { Unicode.Scalar(UInt32($0)) }.filter(\.properties.isWhitespace)
  private static let marks = Array("()[]{}“”‘’（）【】《》〈〉「」『』，。、；：？¿！～—-_'\"…«»".unicodeScalars)
  private static let scripts = Array(
    "犬写真教育の한แมวและສະບາຍຕດកម្ពុជាမြန်မာབོད་ཡིག།𠀀𬺰\u{2F800}\u{200D}\u{202F}".unicodeScalars
  )

  @Test(arguments: ["en", "bo", "dz", "zh", "zh_yue", "ja", "th", "lo", "km", "my"])
  func `Words are those of the specification, byte for byte`(language: String) throws {
    var random = SystemRandomNumberGenerator()
    var tokenizer = try Tokenizer(language: language)
    let slow = SlowTokenizer(language: language)
    for _ in 0..<400 {
      var text = randomText(&random)
      var words: [[UInt8]?] = []
      try text.withUTF8 {
        try tokenizer.forEachWord(
          in: UnsafeRawBufferPointer($0), word: { word, _ in words.append(Array(word)) }, gap: { words.append(nil) })
      }
      let expected = try slow.words(in: text).map { $0.map { Array($0.utf8) } }
      if words != expected { Issue.record("\(text.debugDescription) in \(language): \(words) instead of \(expected)") }
    }
  }

  @Test(arguments: ["en", "th", "zh"])
  func `Counts and order are those of the specification at every limit`(language: String) throws {
    var random = SystemRandomNumberGenerator()
    let texts = (0..<60).map { _ in randomText(&random) }
    let slow = try SlowTokenizer(language: language).ngrams(texts)
    func ordered(_ counts: [CountedText]) -> [CountedText] {
      counts.enumerated().sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }.map(\.element)
    }
    for limit in [0, 5_000, 1 << 24] {
      let found = try ngrams(texts, language: language, memoryLimit: limit)
      #expect(found.words.map { CountedText($0.text, count: $0.count).bytes } == ordered(slow.words).map(\.bytes))
      #expect(found.pairs.map { CountedText($0.text, count: $0.count).bytes } == ordered(slow.pairs).map(\.bytes))
    }
  }

  @Test func `A million starts of tags without an end take no longer than their number`() throws {
    var tokenizer = try Tokenizer(language: "en")
    var gaps = 0
    let halves = String(repeating: "<&lt;", count: 400_000)
    for var text in [halves, halves + "\n>&gt;"] {
      try text.withUTF8 {
        try tokenizer.forEachWord(in: UnsafeRawBufferPointer($0), word: { _, _ in }, gap: { gaps += 1 })
      }
    }
    #expect(gaps == 2 * 400_000 * 3 + 3)
  }

  @Test(arguments: [
    ("zh_yue", true), ("zh_classical", true), ("yue", true), ("lzh", true), ("zh_Hant", true), ("zh_Hant_HK", true),
    ("th_TH", true),
    ("my", true), ("bo", true), ("dz_BT", true), ("ryu", true), ("zh_min_nan", false), ("zh_Latn", false),
    ("en", false),
    ("bat_smg", false), ("es_419", false), ("ko", false), ("wuu", false),
  ])
  func `Codes of Wikipedia and of CLDR tell which languages have no spaces`(language: String, hasNoSpaces: Bool) {
    #expect(SpacelessWriting.contains(language) == hasNoSpaces)
  }
}

extension Array {
  fileprivate func randomElement(using random: inout some RandomNumberGenerator, or other: Element) -> Element {
    randomElement(using: &random) ?? other
  }
}

extension CountedText {
  /// Texts in which composed and decomposed letters differ.
  fileprivate var bytes: [UInt8] { Array(text.utf8) + [0] + Array("\(count)".utf8) }
}
