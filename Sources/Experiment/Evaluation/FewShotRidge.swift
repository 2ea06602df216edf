public import ArtifactTypes
public import Core
internal import Tensor

/// How well pictures are told apart from a few examples of each class: ridge regression on a model's embeddings.
///
/// Some examples of each class are drawn, a linear classifier is fitted to them, and the others are classified; that is repeated. Made for
/// geo-localisation, where a class is a country or continent. Output: a table with a row for each number of shots and the columns shots,
/// classes, examples, tests (of one draw), draws, accuracy, accuracy per class (the mean over classes) and chance. An accuracy is the
/// mean over draws; its interval holds the middle 95 % of the draws: what luck with the examples makes of it.
/// Source: MetaCLIP 2, §4; the protocol (features whitened one by one, a bias, targets ±1, λ = 2¹⁰) is that of Big Vision's few-shot
/// evaluation.
public struct FewShotRidge: Stage {
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  /// Of pictures, such as ``EncodePictures`` makes.
  public var embeddings: Embeddings
  /// Pairs that name the pictures' classes.
  public var labels: Pairs
  /// Which of their words do.
  public var label: ClassLabel
  /// What is classified; with `nil`, all of ``embeddings`` that were not drawn.
  public var tests: Embeddings?
  /// Examples of each class; a class with too few is left out and noted. Source of the values: MetaCLIP 2, §4.
  public var shots = [5, 10, 25]
  /// How often examples are drawn.
  public var draws = 20
  /// What the draws depend on, beside the pictures' ids.
  public var seed = 0
  /// λ. Source of the value: MetaCLIP 2, §4.
  public var penalty = 1024.0
  /// The constant feature, so large that λ hardly holds the bias back. Source of the value: Big Vision.
  public var bias = 100.0
  /// How many threads compute.
  public var threads = 2

  public init(embeddings: Embeddings, labels: Pairs, label: ClassLabel = .group) {
    self.embeddings = embeddings
    self.labels = labels
    self.label = label
  }

  private static let operation = "classify from a few shots"
  /// `fewshots` in ASCII: draws for other purposes are independent.
  private static let purpose: UInt64 = 0x6665_7773_686F_7473

  public func run(_ context: StageContext) async throws -> Table { try await Torch.inTurn { try classify(context) } }

  private func classify(_ context: StageContext) throws -> Table {
    guard draws > 0, penalty > 0, !shots.isEmpty, shots.allSatisfy({ $0 > 0 }) else {
      throw OperationError(
        operation: Self.operation, subject: "shots \(shots), draws \(draws), penalty \(penalty)",
        cause: "each has to be above 0, and there has to be a number of shots")
    }
    try Torch.setThreads(threads)
    let classes = try LabelledEmbeddings.classes(labels, label, operation: Self.operation)
    let pool = try LabelledEmbeddings(embeddings, classOf: classes.ofPicture, operation: Self.operation, context)
    let others = try tests.map {
      try LabelledEmbeddings($0, classOf: classes.ofPicture, operation: Self.operation, context)
    }
    if let others, others.dimension != pool.dimension {
      throw OperationError(
        operation: Self.operation, subject: "vectors of \(pool.dimension) and of \(others.dimension) numbers",
        cause: "examples and tests have to come from one model")
    }
    var table = Table(columns: [
      .init("shots"), .init("classes"), .init("examples"), .init("tests"), .init("draws"),
      .init("accuracy", style: .percent(1)), .init("accuracy per class", style: .percent(1)),
      .init("chance", style: .percent(2)),
    ])
    for (done, shots) in shots.enumerated() {
      let available = pool.byClass(classes.names.count).map(\.count)
      let kept = available.indices.filter { available[$0] >= (others == nil ? shots + 1 : shots) }
      guard kept.count > 1 else {
        throw OperationError(
          operation: Self.operation, subject: "\(shots) shots",
          cause:
            "\(kept.count) of \(available.count) classes have so many examples\(others == nil ? " and one to test" : ""): "
            + "the second largest has \(available.sorted(by: >)[1]); ask for fewer shots")
      }
      if kept.count < available.count {
        let missing = available.indices.first { !kept.contains($0) }.map { "“\(classes.names[$0])”" } ?? ""
        context.note(
          "at \(shots) shots \(available.count - kept.count) classes have too few examples and are left out, for instance \(missing)"
        )
      }
      let drawn = try (0..<draws).map { draw in
        try Task.checkCancellation()
        context.progress(done * draws + draw, of: self.shots.count * draws, "draws")
        return try measure(pool, others, kept, classes.names.count, shots: shots, draw: draw)
      }
      table.append([
        .integer(shots), .integer(kept.count), .integer(shots * kept.count), .integer(drawn[0].tests), .integer(draws),
        Quantiles.middle(drawn.map(\.accuracy)), Quantiles.middle(drawn.map(\.perClass)),
        .number(1 / Double(kept.count)),
      ])
    }
    return table
  }

  /// One draw: how many were classified, and the shares that were right.
  private func measure(
    _ pool: LabelledEmbeddings, _ others: LabelledEmbeddings?, _ kept: [Int], _ classes: Int, shots: Int, draw: Int
  ) throws -> (tests: Int, accuracy: Double, perClass: Double) {
    let order = pool.shuffledByClass(
      classes, KeyedDraw(seed: UInt64(bitPattern: Int64(seed)), purpose: Self.purpose), draw)
    let examples = kept.flatMap { order[$0].prefix(shots) }
    let places = Dictionary(uniqueKeysWithValues: zip(kept, kept.indices))
    let classifier = try RidgeClassifier(
      features: pool.features(at: examples), dimension: pool.dimension,
      labels: examples.compactMap { places[pool.labels[$0]] },
      classes: kept.count, penalty: penalty, bias: bias)
    let tested = others ?? pool
    let positions =
      others.map { other in other.labels.indices.filter { places[other.labels[$0]] != nil } }
      ?? kept.flatMap { order[$0].dropFirst(shots) }
    guard !positions.isEmpty else {
      throw OperationError(
        operation: Self.operation, subject: "\(shots) shots", cause: "no test is of a class that has so many examples")
    }
    let predicted = try classifier.predictions(tested.features(at: positions))
    var hits = [Int](repeating: 0, count: kept.count)
    var counts = hits
    for (position, prediction) in zip(positions, predicted) {
      guard let place = places[tested.labels[position]] else { continue }
      counts[place] += 1
      if prediction == place { hits[place] += 1 }
    }
    let shares = zip(hits, counts).compactMap { $1 > 0 ? Double($0) / Double($1) : nil }
    return (
      positions.count, Double(hits.reduce(0, +)) / Double(positions.count), shares.reduce(0, +) / Double(shares.count)
    )
  }
}
