internal import ArtifactTypes
internal import Core
internal import Counting

/// Texts whose language their source named: texts of pairs, and of a corpus in pieces about as long as captions.
struct KnownTexts: Sendable {
  var pairs: Pairs?
  var corpus: Corpus?
  /// The fields whose texts of pairs count; all when empty.
  var fields: [String] = []
  /// The languages that count; all when empty.
  var languages: [String] = []
  /// The approximate number of texts of a language, which are drawn by seed and text only; all when `nil`.
  var limit: Int?
  var seed: Int
  /// Decides by a text's draw in 0..<1 whether it is taken: the draw separates texts for training from those held out.
  var takes: @Sendable (Double) -> Bool = { _ in true }

  /// Adds up all texts, in a few sums.
  /// - Parameters:
  ///   - initial: returns an empty sum.
  ///   - add: adds a text to a sum, and is called with the language and the text; the order must not matter.
  /// - Throws: ``OperationError`` when neither pairs nor a corpus are given.
  func sums<Sum: Sendable>(
    _ context: StageContext, initial: @escaping @Sendable () -> Sum,
    _ add: @escaping @Sendable (String, String, inout Sum) throws -> Void
  ) async throws -> [Sum] {
    guard pairs != nil || corpus != nil else {
      throw OperationError(
        operation: "read texts of known languages", subject: "pairs and corpus", cause: "give one of them, or both")
    }
    guard let limit else { return try await pass(context, initial: initial, add) }

    // A first pass counts, so that the second can draw about the same number of texts from each language.
    let counts = try await pass(
      context, initial: { [String: Int]() }, { language, _, sum in sum[language, default: 0] += 1 })
    let shares = counts.reduce(into: [String: Int]()) { $0.merge($1, uniquingKeysWith: +) }
      .mapValues { Double(limit) / Double($0) }
    let draw = KeyedDraw(seed: seed, purpose: .limitedTexts)
    return try await pass(
      context, initial: initial,
      { language, text, sum in
        if draw.unit(text, 0) < shares[language] ?? 1 { try add(language, text, &sum) }
      })
  }

  /// Reads all texts once.
  private func pass<Sum: Sendable>(
    _ context: StageContext, initial: @escaping @Sendable () -> Sum,
    _ add: @escaping @Sendable (String, String, inout Sum) throws -> Void
  ) async throws -> [Sum] {
    let known = self
    let wanted = languages.isEmpty ? nil : Set(languages)
    let wantedFields = fields.isEmpty ? nil : Set(fields)
    let side = KeyedDraw(seed: seed, purpose: .heldOutTexts)
    let consider: @Sendable (String, String, inout Sum) throws -> Void = { language, text, sum in
      if wanted?.contains(language) ?? true, known.takes(side.unit(text, 0)) { try add(language, text, &sum) }
    }

    var sums: [Sum] = []
    if let pairs {
      sums += try await PairPieces(pairs).sums(context, initial: initial) { pair, sum in
        for text in pair.texts where text.confidence == nil && wantedFields?.contains(text.field) ?? true {
          if let language = text.language { try consider(language, text.text, &sum) }
        }
      }
    }

    if let corpus {
      let languages = corpus.languages
      sums += try await concurrentMap(count: languages.count, threads: context.threads) { position in
        var sum = initial()
        try corpus.forEach(in: languages[position]) { document in
          for piece in Self.pieces(of: document.text) { try consider(languages[position], piece, &sum) }
        }
        return sum
      }
    }
    return sums
  }

  /// A document's lines, cut at white space after 60 code points, or anywhere after 120.
  static func pieces(of document: String) -> [String] {
    var pieces: [String] = []
    var piece = String.UnicodeScalarView()
    func end() {
      let text = String(piece).stripped
      if !text.isEmpty { pieces.append(text) }
      piece = String.UnicodeScalarView()
    }

    var length = 0
    for scalar in document.unicodeScalars {
      if scalar == "\n" || length >= 120 || length >= 60 && scalar.properties.isWhitespace {
        end()
        length = 0
      }
      piece.append(scalar)
      length += 1
    }
    end()
    return pieces
  }
}
