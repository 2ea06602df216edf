public import Core

/// The answers of a language identifier for texts whose language is known.
public struct LanguageIdentificationReport: Artifact, Hashable {
  /// The format of the files, with its version.
  public static var format: String { "language-identification-report/1" }

  /// The texts of one language that the identifier takes for one language.
  public struct Confusion: Codable, Hashable, Sendable {
    /// The language that the texts are in.
    public var language: String
    /// The language that the identifier names; the same when it is right.
    public var guessed: String
    /// The number of the texts.
    public var texts: Int
    /// The mean of its confidences, 0...1.
    public var confidence: Double

    /// Texts with these values.
    public init(language: String, guessed: String, texts: Int, confidence: Double) {
      self.language = language
      self.guessed = guessed
      self.texts = texts
      self.confidence = confidence
    }
  }

  /// All texts, by language and then by guess, in the order of their UTF-8 bytes.
  public private(set) var confusions: [Confusion]
  /// True when a guess that names another variety of the same language is right: `zh` for `zh_Hant`.
  public private(set) var foldsVarieties: Bool
  /// The codes that the identifier can report.
  public private(set) var reported: [String]

  /// Sorts the confusions.
  /// - Parameters:
  ///   - confusions: one for each language and guess, in any order.
  ///   - foldsVarieties: true when a guess that names another variety of the same language is right.
  ///   - reported: the codes that the identifier can report.
  public init(confusions: [Confusion], foldsVarieties: Bool, reported: [String]) {
    self.confusions = confusions.sorted {
      $0.language == $1.language ? $0.guessed.precedes($1.guessed) : $0.language.precedes($1.language)
    }
    self.foldsVarieties = foldsVarieties
    self.reported = reported
  }

  /// The share of texts whose language is named rightly, with Wilson's 95 % interval.
  public var accuracy: ShareInterval { accuracy { _ in true } }

  /// The same over the languages that the identifier can report.
  public var accuracyOnReported: ShareInterval {
    let known = Set(reported.map(folded))
    return accuracy { known.contains(self.folded($0)) }
  }

  /// The languages of the texts that the identifier can never report.
  public var unreported: [String] {
    let known = Set(reported.map(folded))
    return Set(confusions.map(\.language)).filter { !known.contains(folded($0)) }.sorted { $0.precedes($1) }
  }

  /// A row for each language, most texts first.
  ///
  /// The columns are the number of texts; the share of them that is named rightly, with its 95 % interval; the share of
  /// right guesses among the guesses of the language; the mean confidence; and the language that it is most often
  /// mistaken for, with the share of the texts.
  public func languages() -> Table {
    // For each guess, varieties folded, the number of texts and of those for which it is right.
    var guesses: [String: (all: Int, right: Int)] = [:]
    for confusion in confusions {
      guesses[folded(confusion.guessed), default: (0, 0)].all += confusion.texts
      if isRight(confusion) { guesses[folded(confusion.guessed), default: (0, 0)].right += confusion.texts }
    }

    var table = Table(columns: [
      .init("language"), .init("texts"), .init("right", style: .percent(1)), .init("precision", style: .percent(1)),
      .init("mean confidence", style: .decimals(3)), .init("most often mistaken for"),
      .init("mistaken", style: .percent(1)),
    ])
    let groups = Dictionary(grouping: confusions, by: \.language).map { (language: $0.key, confusions: $0.value) }
    for group in groups.sorted(by: { (texts($1.confusions), $0.language) < (texts($0.confusions), $1.language) }) {
      let total = texts(group.confusions)
      let confidence = group.confusions.reduce(0) { $0 + $1.confidence * Double($1.texts) } / Double(max(1, total))
      let wrong = group.confusions.filter { !isRight($0) }.max { $0.texts < $1.texts }
      let guessed = guesses[folded(group.language)]

      table.append([
        .text(group.language), .integer(total),
        ShareInterval(hits: texts(group.confusions.filter(isRight)), of: total).cell,
        guessed.map { .number(Double($0.right) / Double(max(1, $0.all))) } ?? .empty, .number(confidence),
        wrong.map { .text($0.guessed) } ?? .empty,
        wrong.map { .number(Double($0.texts) / Double(max(1, total))) } ?? .empty,
      ])
    }
    return table
  }

  /// A row for each of the most frequent mistakes, most texts first.
  /// - Parameter limit: the number of mistakes.
  public func mistakes(_ limit: Int = 20) -> Table {
    let ordered = confusions.filter { !isRight($0) }.sorted {
      ($1.texts, $0.language, $0.guessed) < ($0.texts, $1.language, $1.guessed)
    }
    let totals = Dictionary(grouping: confusions, by: \.language).mapValues(texts)
    return Table(
      columns: [
        .init("language"), .init("taken for"), .init("texts"), .init("of the language", style: .percent(1)),
        .init("mean confidence", style: .decimals(3)),
      ],
      rows: ordered.prefix(limit).map {
        [
          .text($0.language), .text($0.guessed), .integer($0.texts),
          .number(Double($0.texts) / Double(max(1, totals[$0.language] ?? 0))), .number($0.confidence),
        ]
      })
  }

  private func accuracy(_ counts: (String) -> Bool) -> ShareInterval {
    let counted = confusions.filter { counts($0.language) }
    return ShareInterval(hits: texts(counted.filter(isRight)), of: texts(counted))
  }

  private func texts(_ confusions: [Confusion]) -> Int { confusions.reduce(0) { $0 + $1.texts } }

  private func isRight(_ confusion: Confusion) -> Bool { folded(confusion.language) == folded(confusion.guessed) }

  private func folded(_ code: String) -> String { foldsVarieties ? String(code.prefix { $0 != "_" }) : code }
}

extension LanguageIdentificationReport: Presentable {
  /// The languages, as a table.
  public var presentation: Presentation { .table(languages()) }
}
