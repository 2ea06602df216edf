public import ArtifactTypes
public import Core
internal import FileFormats
internal import Glibc
internal import Synchronization

/// Trains a fastText classifier that names the language of short texts.
///
/// It trains on one thread: equal texts and options give equal bytes. Each text of a language counts once, in an
/// order that the seed decides. Source: Joulin, Grave, Bojanowski, Mikolov, “Bag of tricks for efficient text
/// classification”, 2016.
public struct TrainLanguageIdentifier: Stage {
  /// Pairs with texts whose source named their language; those that an identifier has labelled do not count.
  public var pairs: Pairs?
  /// Documents, which are read in pieces about as long as captions.
  public var corpus: Corpus?
  /// The fields whose texts of pairs count; all when empty.
  public var fields: [String] = []
  /// The languages that count; all when empty.
  public var languages: [String] = []
  /// The approximate number of texts of a language, which are drawn at random; all when `nil`.
  public var limit: Int? = 20_000
  /// The share of texts, 0..<1, that is left out, for ``EvaluateLanguageIdentifier``.
  public var heldOut = 0.0
  /// True when varieties are one language: `zh_Hant` becomes `zh`.
  public var foldsVarieties = false
  /// The number of elements in the vector of a word or n-gram, and of a text, 1...1024.
  public var dimension = 16
  /// The shortest and the longest character n-grams, in code points; none when the longest is 0.
  public var shortestNgram = 2, longestNgram = 4
  /// The most words in a row that count as one more word, 1...5.
  public var wordNgrams = 1
  /// The number of buckets to which n-grams are hashed, 1...50,000,000.
  public var buckets = 200_000
  /// The least occurrences of a word with a vector of its own; rarer words have those of their n-grams.
  public var minimumCount = 5
  /// The number of passes over the texts, 1...10,000.
  public var epochs = 10
  /// The learning rate at the start, above 0 and at most 10; it falls to 0 linearly.
  public var learningRate = 0.5
  /// True when languages are the leaves of a tree, so that the work for a text grows with the logarithm of their
  /// number. It errs a little more: on held-out names of emoji in 132 languages 79.8 % are right, with a flat softmax
  /// 81.8 %.
  public var isHierarchical = false
  /// The number of words and n-grams that are kept, at least 256, with one byte for two numbers: a model of about a
  /// twentieth of the size. All of them, in full, when `nil`.
  public var quantisedTo: Int?
  /// The seed of the training, of the order and of the draws.
  public var seed = 0

  /// A stage that trains on pairs, a corpus, or both.
  public init(pairs: Pairs? = nil, corpus: Corpus? = nil, seed: Int = 0) {
    self.pairs = pairs
    self.corpus = corpus
    self.seed = seed
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Trains on one thread; a cancelled training ends within a moment.
  /// - Throws: ``OperationError`` when a setting is out of its range, or there are texts of fewer than two languages.
  public func run(_ context: StageContext) async throws -> LanguageIdentifier {
    let library = try FastTextLibrary()
    let codes = try await write(context.file("texts.txt"), context)
    let stop = StopFlag()
    let options = FastTextLibrary.Training(
      rate: learningRate, dimension: dimension, epochs: epochs, shortestNgram: shortestNgram,
      longestNgram: longestNgram, wordNgrams: wordNgrams, buckets: buckets, minimumCount: minimumCount,
      isHierarchical: isHierarchical, seed: seed, kept: quantisedTo)

    try await withTaskCancellationHandler {
      try Task.checkCancellation()
      try library.train(options, input: context.file("texts.txt"), output: context.file("trained.bin")) { done in
        context.progress(Int(done * 1000), of: 1000, "‰ trained")
        return !stop.isSet
      }
    } onCancel: {
      stop.set()
    }

    // The file that fastText wrote is opened once, and so checked, before it counts as a result.
    let labels = try FastTextModel(path: context.file("trained.bin")).labels
    return try LanguageIdentifier(
      model: .model(copyOf: context.file("trained.bin"), context),
      languages: Dictionary(labels.map { ($0, codes[$0] ?? $0) }, uniquingKeysWith: { first, _ in first }))
  }

  private struct Line {
    var draw: UInt64
    var bytes: [UInt8]
  }

  /// Writes the training texts in an order that depends only on them and the seed.
  /// - Returns: the code of each label.
  private func write(_ path: String, _ context: StageContext) async throws -> [String: String] {
    try check()

    let share = heldOut
    let known = KnownTexts(
      pairs: pairs, corpus: corpus, fields: fields, languages: languages, limit: limit, seed: seed,
      takes: { $0 >= share })
    let draw = KeyedDraw(seed: seed, purpose: .lineOrder)
    let folds = foldsVarieties
    let sums = try await known.sums(
      context, initial: { (lines: [Line](), counts: [String: Int]()) },
      { language, text, sum in
        let code = folds ? String(language.prefix { $0 != "_" }) : language
        guard let bytes = Self.line(code, text) else { return }
        sum.lines.append(Line(draw: draw.bits(text, 0), bytes: bytes))
        sum.counts[code, default: 0] += 1
      })

    let counts = sums.reduce(into: [String: Int]()) { $0.merge($1.counts, uniquingKeysWith: +) }
    guard counts.count > 1 else {
      throw OperationError(
        operation: "train a language identifier", subject: counts.keys.first ?? "the texts",
        cause: "texts of at least two languages are needed, named by their source and not by an identifier")
    }

    // Equal lines have equal draws, and so are neighbours.
    let lines = sums.flatMap(\.lines).sorted {
      $0.draw == $1.draw ? $0.bytes.lexicographicallyPrecedes($1.bytes) : $0.draw < $1.draw
    }

    let file = try ArtifactFileWriter(path: path, name: "texts.txt")
    var written = 0
    for (position, line) in lines.enumerated() where position == 0 || lines[position - 1].bytes != line.bytes {
      try file.write(line.bytes)
      written += 1
    }
    _ = try file.finish()

    context.measure("texts", Double(written))
    context.measure("languages", Double(counts.count))
    return Dictionary(uniqueKeysWithValues: counts.keys.map { ($0, $0) })
  }

  /// Checks the settings, of which fastText accepts wrong ones silently, with nonsense as the result or none.
  private func check() throws {
    let faults: [(Bool, String)] = [
      (1...1024 ~= dimension, "dimension must be in 1...1024"),
      (longestNgram == 0 || 1...longestNgram ~= shortestNgram, "shortestNgram must be in 1...longestNgram"),
      (0...16 ~= longestNgram, "longestNgram must be in 0...16"),
      (1...5 ~= wordNgrams, "wordNgrams must be in 1...5"),
      (1...50_000_000 ~= buckets, "buckets must be in 1...50,000,000"),
      (minimumCount >= 1, "minimumCount must be at least 1"), (1...10_000 ~= epochs, "epochs must be in 1...10,000"),
      (learningRate > 0 && learningRate <= 10, "learningRate must be above 0 and at most 10"),
      (0..<1 ~= heldOut, "heldOut must be in 0..<1"),
      (quantisedTo.map { $0 >= 256 } ?? true, "quantisedTo must be at least 256"),
      (limit.map { $0 > 0 } ?? true, "limit must be positive"),
    ]
    for (isRight, rule) in faults where !isRight {
      throw OperationError(operation: "train a language identifier", subject: "its settings", cause: rule)
    }
  }

  /// A line of training text; `nil` for a text without words or a code that is no word.
  ///
  /// Words that fastText would take for a label or for the line's end are dropped.
  static func line(_ code: String, _ text: String) -> [UInt8]? {
    let isSpace = { (byte: UInt8) in byte == 32 || 9...13 ~= byte || byte == 0 }
    guard !code.isEmpty, !code.utf8.contains(where: isSpace) else { return nil }
    var line = FastTextDictionary.labelPrefix + Array(code.utf8)
    let start = line.count
    for word in text.utf8.split(whereSeparator: isSpace)
    where !word.starts(with: FastTextDictionary.labelPrefix) && !word.elementsEqual(FastTextDictionary.endOfLine) {
      line.append(32)
      line.append(contentsOf: word)
    }
    guard line.count > start else { return nil }
    line.append(10)
    return line
  }
}

/// A flag that is set when the training is cancelled.
private final class StopFlag: Sendable {
  private let value = Atomic(false)

  var isSet: Bool { value.load(ordering: .relaxed) }

  func set() { value.store(true, ordering: .relaxed) }
}
