internal import ArtifactTypes
internal import Core
internal import Counting

/// Texts whose language their source named: of pairs, and of a corpus in pieces about as long as captions.
struct KnownTexts: Sendable {
  var pairs: Pairs?
  var corpus: Corpus?
  /// Only texts of pairs with these fields; of all when empty.
  var fields: [String] = []
  /// Only these languages; all when empty.
  var languages: [String] = []
  /// About how many texts of a language are taken, drawn by the texts alone; all when `nil`.
  var limit: Int?
  var seed: Int
  /// Decides by its draw in 0..<1 whether a text is taken: texts that are trained on and those that are held out are told apart by it.
  var takes: @Sendable (Double) -> Bool = { _ in true }

  /// Adds every text up into a few sums.
  /// - Parameter add: adds a text of a language; the order of additions must not matter.
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
    let counts = try await pass(
      context, initial: { [String: Int]() }, { language, _, sum in sum[language, default: 0] += 1 })
    let shares = counts.reduce(into: [String: Int]()) { $0.merge($1, uniquingKeysWith: +) }
      .mapValues { Double(limit) / Double($0) }
    let draw = KeyedDraw(seed: UInt64(bitPattern: Int64(seed)), purpose: 0x6c69_6d69)
    return try await pass(
      context, initial: initial,
      { language, text, sum in
        if draw.unit(text, 0) < shares[language] ?? 1 { try add(language, text, &sum) }
      })
  }

  private func pass<Sum: Sendable>(
    _ context: StageContext, initial: @escaping @Sendable () -> Sum,
    _ add: @escaping @Sendable (String, String, inout Sum) throws -> Void
  ) async throws -> [Sum] {
    let known = self
    let wanted = languages.isEmpty ? nil : Set(languages)
    let wantedFields = fields.isEmpty ? nil : Set(fields)
    let side = KeyedDraw(seed: UInt64(bitPattern: Int64(seed)), purpose: 0x6865_6c64)
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
