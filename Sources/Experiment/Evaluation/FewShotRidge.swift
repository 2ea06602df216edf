public import ArtifactTypes
public import Core
internal import Tensor

/// Classifies pictures after a few examples of each class: ridge regression on a model's embeddings.
///
/// Some examples of each class are drawn, a linear classifier is fitted to them, and the others are classified; that is
/// repeated. Made for geo-localisation, where a class is a country or continent. Output: a table with a row for each
/// number of shots and the columns shots, classes, examples, tests (of one draw), draws, accuracy, accuracy per class
/// (the mean over classes) and chance. An accuracy is the mean over draws; its interval has the middle 95 % of the
/// draws and shows the influence of the drawn examples.
/// Source: MetaCLIP 2, §4; the protocol (features whitened one by one, a bias, targets ±1, λ = 2¹⁰) is that of Big
/// Vision's few-shot evaluation.
public struct FewShotRidge: Stage {
  /// The digest of this module's sources and of what they depend on.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libtorch: another one may give other last bits.
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  /// The embeddings of pictures, such as `EncodePictures` computes.
  public var embeddings: Embeddings
  /// Pairs that name the pictures' classes.
  public var labels: Pairs
  /// The words of a pair that name the class.
  public var label: ClassLabel
  /// The embeddings that are classified; with `nil`, all of ``embeddings`` that were not drawn.
  public var tests: Embeddings?
  /// The numbers of examples of each class; a class with too few is left out and noted. Source of the values: MetaCLIP
  /// 2, §4.
  public var shots = [5, 10, 25]
  /// The number of times that examples are drawn.
  public var draws = 20
  /// Decides the draws, together with the pictures' ids.
  public var seed = 0
  /// λ. Source of the value: MetaCLIP 2, §4.
  public var penalty = 1024.0
  /// The constant feature, so large that λ hardly holds the bias back. Source of the value: Big Vision.
  public var bias = 100.0
  /// The number of threads that compute.
  public var threads = 2

  /// A classification by the classes of pairs.
  public init(embeddings: Embeddings, labels: Pairs, label: ClassLabel = .group) {
    self.embeddings = embeddings
    self.labels = labels
    self.label = label
  }

  private static let operation = "classify from a few shots"

  /// Fits and tests a classifier for each draw.
  /// - Throws: ``OperationError`` when a setting is impossible, the pairs and embeddings do not fit together, fewer
  ///   than two classes have enough examples, or an embedding has a number that is not finite; `CancellationError`.
  public func run(_ context: StageContext) async throws -> Table { try await Torch.inTurn { try classify(context) } }

  private func classify(_ context: StageContext) throws -> Table {
    guard draws > 0, penalty > 0, !shots.isEmpty, shots.allSatisfy({ $0 > 0 }) else {
      throw OperationError(
        operation: Self.operation, subject: "shots \(shots), draws \(draws), penalty \(penalty)",
        cause: "each must be above 0, and there must be a number of shots")
    }
    try Torch.setThreads(threads)
    let classes = try LabelledEmbeddings.classes(labels, label, operation: Self.operation)
    let pool = try LabelledEmbeddings(
      embeddings, classOf: classes.ofPicture, operation: Self.operation, context: context)
    let others = try tests.map {
      try LabelledEmbeddings($0, classOf: classes.ofPicture, operation: Self.operation, context: context)
    }
    try others?.requireDimension(of: pool, operation: Self.operation)

    var table = Table(columns: [
      .init("shots"), .init("classes"), .init("examples"), .init("tests"), .init("draws"),
      .init("accuracy", style: .percent(1)), .init("accuracy per class", style: .percent(1)),
      .init("chance", style: .percent(2)),
    ])
    for (done, shots) in shots.enumerated() {
      let available = pool.byClass(classes.names.count).map(\.count)
      // Without tests of their own, a class needs one more example, which is classified.
      let kept = available.indices.filter { available[$0] >= (others == nil ? shots + 1 : shots) }
      guard kept.count > 1 else {
        throw OperationError(
          operation: Self.operation, subject: "\(shots) shots",
          cause: """
            \(kept.count) of \(available.count) classes have that many examples\
            \(others == nil ? " and one to test" : ""): the second largest has \(available.sorted(by: >)[1]); ask for \
            fewer shots
            """)
      }
      if kept.count < available.count {
        let missing = available.indices.first { !kept.contains($0) }.map { "“\(classes.names[$0])”" } ?? ""
        context.note(
          """
          at \(shots) shots \(available.count - kept.count) classes have too few examples and are left out, \
          for instance \(missing)
          """)
      }

      let drawn = try (0..<draws).map { draw in
        try Task.checkCancellation()
        context.progress(done * draws + draw, of: self.shots.count * draws, "draws")
        let order = pool.shuffledByClass(
          classes.names.count, KeyedDraw(seed: seed, purpose: .fewShots), number: draw)
        return try measure(pool, others, order: order, kept: kept, shots: shots)
      }
      table.append([
        .integer(shots), .integer(kept.count), .integer(shots * kept.count), .integer(drawn[0].tests), .integer(draws),
        Quantiles.middle(drawn.map(\.accuracy)), Quantiles.middle(drawn.map(\.perClass)),
        .number(1 / Double(kept.count)),
      ])
    }
    return table
  }

  /// Measures one draw.
  /// - Parameters:
  ///   - order: the rows of each class as they were drawn.
  ///   - kept: the classes with enough examples.
  /// - Returns: the number of classified pictures, and the shares that were right.
  private func measure(
    _ pool: LabelledEmbeddings, _ others: LabelledEmbeddings?, order: [[Int]], kept: [Int], shots: Int
  ) throws -> (tests: Int, accuracy: Double, perClass: Double) {
    let examples = kept.flatMap { order[$0].prefix(shots) }
    // Classes are numbered again, without those that have too few examples.
    let numbers = Dictionary(uniqueKeysWithValues: zip(kept, kept.indices))
    let classifier = try RidgeClassifier(
      features: pool.features(at: examples), dimension: pool.dimension,
      labels: examples.compactMap { numbers[pool.labels[$0]] },
      classes: kept.count, penalty: penalty, bias: bias)

    let tested = others ?? pool
    let positions =
      others.map { other in other.labels.indices.filter { numbers[other.labels[$0]] != nil } }
      ?? kept.flatMap { order[$0].dropFirst(shots) }
    guard !positions.isEmpty else {
      throw OperationError(
        operation: Self.operation, subject: "\(shots) shots",
        cause: "no test is of a class that has that many examples")
    }
    let predicted = try classifier.predictions(tested.features(at: positions))

    var hits = [Int](repeating: 0, count: kept.count)
    var counts = hits
    for (position, prediction) in zip(positions, predicted) {
      guard let number = numbers[tested.labels[position]] else { continue }
      counts[number] += 1
      if prediction == number { hits[number] += 1 }
    }
    let shares = zip(hits, counts).compactMap { $1 > 0 ? Double($0) / Double($1) : nil }
    return (
      positions.count, Double(hits.reduce(0, +)) / Double(positions.count),
      shares.reduce(0, +) / Double(shares.count)
    )
  }
}
