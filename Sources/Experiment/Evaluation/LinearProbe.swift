public import ArtifactTypes
public import Core
internal import Tensor

/// Classifies pictures by a linear classifier on a model's embeddings: multinomial logistic regression.
///
/// Features are used unchanged. The standard settings are those of CLIP's linear probe: L-BFGS, at most 1000
/// iterations, a penalty on the weights but not on the bias. Output: a table of one row with the columns classes,
/// examples, tests, accuracy (with Wilson's 95 % interval), accuracy per class (the mean over classes, its interval
/// from drawing pictures again), accuracy on the examples, chance (the largest class's share of the tests), iterations
/// and converged. The single items: ``CollectOutcomes``. Source: CLIP, arXiv 2103.00020, §3.2 and appendix A.3.
public struct LinearProbe: Stage {
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
  /// The embeddings that are classified; with `nil`, a share of each class of ``embeddings``, to which the classifier
  /// is then not fitted.
  public var tests: Embeddings?
  /// The share of each class that is kept for tests where ``tests`` is `nil`.
  public var testShare = 0.2
  /// Decides the choice of the tests, together with the pictures' ids.
  public var seed = 0
  /// λ of λ/2 ‖W‖², which is added to the sum of the losses. Source of the value: CLIP's published example, its inverse
  /// 0.316.
  public var penalty = 1 / 0.316
  /// The fit ends when no component of the mean loss's gradient is above it.
  public var tolerance = 1e-5
  /// The largest number of steps. Source of the value: CLIP's published example.
  public var maximumIterations = 1000
  /// The number of threads that compute.
  public var threads = 2

  /// A probe of the classes of pairs.
  public init(embeddings: Embeddings, labels: Pairs, label: ClassLabel = .group) {
    self.embeddings = embeddings
    self.labels = labels
    self.label = label
  }

  private static let operation = "fit the linear probe"

  /// A fitted probe and its predictions for the tests.
  struct Fitted {
    let model: LogisticRegression
    /// The classes that were fitted to.
    let classes: [String]
    let examples: Int
    /// The share of the examples that the probe has right.
    let accuracyOnExamples: Double
    /// Each test's id and class, and the number of other classes that are more probable.
    let tests: [(id: String, label: Int, place: Int)]
  }

  /// Fits the probe and tests it.
  /// - Throws: ``OperationError`` when a setting is impossible, the pairs and embeddings do not fit together, fewer
  ///   than two classes have enough examples, or an embedding has a number that is not finite; `CancellationError`.
  public func run(_ context: StageContext) async throws -> Table {
    let fitted = try await fit(context)
    let counts = Dictionary(fitted.tests.map { ($0.label, 1) }, uniquingKeysWith: +)
    // Every class has the same weight, whatever the number of its tests.
    let terms = fitted.tests.enumerated().map { number, test in
      let weight = 1 / Double(counts[test.label] ?? 1)
      return Bootstrap.Term(unit: number, sum: test.place == 0 ? weight : 0, weight: weight)
    }

    return Table(
      columns: [
        .init("classes"), .init("examples"), .init("tests"), .init("accuracy", style: .percent(1)),
        .init("accuracy per class", style: .percent(1)), .init("accuracy on the examples", style: .percent(1)),
        .init("chance", style: .percent(2)), .init("iterations"), .init("converged"),
      ],
      rows: [
        [
          .integer(fitted.classes.count), .integer(fitted.examples), .integer(fitted.tests.count),
          ShareInterval(hits: fitted.tests.count { $0.place == 0 }, of: fitted.tests.count).cell,
          Bootstrap(seed: seed).cell([terms], units: terms.count), .number(fitted.accuracyOnExamples),
          .number(Double(counts.values.max() ?? 0) / Double(fitted.tests.count)), .integer(fitted.model.iterations),
          .text(fitted.model.converged ? "yes" : "no"),
        ]
      ])
  }

  /// Fits to the examples and classifies the tests.
  func fit(_ context: StageContext) async throws -> Fitted { try await Torch.inTurn { try fitted(context) } }

  private func fitted(_ context: StageContext) throws -> Fitted {
    guard penalty > 0, tolerance > 0, maximumIterations > 0, testShare > 0, testShare < 1 else {
      throw OperationError(
        operation: Self.operation,
        subject: "penalty \(penalty), tolerance \(tolerance), iterations \(maximumIterations), tests \(testShare)",
        cause: "each must be above 0, and the share of tests below 1")
    }
    try Torch.setThreads(threads)
    let classes = try LabelledEmbeddings.classes(labels, label, operation: Self.operation)
    let pool = try LabelledEmbeddings(
      embeddings, classOf: classes.ofPicture, operation: Self.operation, context: context)
    let (examples, kept) = try examples(pool, classes.names, context: context)
    let tested = try tests.map {
      try LabelledEmbeddings($0, classOf: classes.ofPicture, operation: Self.operation, context: context)
    }
    try tested?.requireDimension(of: pool, operation: Self.operation)

    // Classes are numbered again, without those that have too few examples.
    let numbers = Dictionary(uniqueKeysWithValues: zip(kept, kept.indices))
    let chosen = Set(examples)
    let set = tested ?? pool
    let positions = set.labels.indices.filter {
      numbers[set.labels[$0]] != nil && (tested != nil || !chosen.contains($0))
    }
    guard !positions.isEmpty else {
      throw OperationError(
        operation: Self.operation, subject: "\(set.ids.count) tests", cause: "none is of a class with examples")
    }

    let features = pool.features(at: examples)
    let truth = examples.compactMap { numbers[pool.labels[$0]] }
    let model = try LogisticRegression(
      features: features, dimension: pool.dimension, labels: truth, classes: kept.count, penalty: penalty,
      tolerance: tolerance, maximumIterations: maximumIterations)
    if !model.converged {
      context.note(
        "the linear probe has not converged after \(model.iterations) iterations: "
          + "its gradient is \(model.gradient), not \(tolerance)")
    }

    let expected = positions.compactMap { numbers[set.labels[$0]] }
    let ranks = try model.places(set.features(at: positions), labels: expected)
    let onExamples = try model.places(features, labels: truth).count { $0 == 0 }
    return Fitted(
      model: model, classes: kept.map { classes.names[$0] }, examples: examples.count,
      accuracyOnExamples: Double(onExamples) / Double(examples.count),
      tests: zip(zip(positions, expected), ranks).map { (set.ids[$0.0], $0.1, $1) })
  }

  /// The positions of the examples, ascending, and the classes that have some, ascending.
  private func examples(
    _ pool: LabelledEmbeddings, _ names: [String], context: StageContext
  ) throws -> (examples: [Int], classes: [Int]) {
    let order = pool.shuffledByClass(names.count, KeyedDraw(seed: seed, purpose: .linearProbe), number: 0)
    var examples: [Int] = []
    var kept: [Int] = []
    for (label, rows) in order.enumerated() {
      // A class needs an example and, without tests of their own, another one that is classified.
      guard rows.count > (tests == nil ? 1 : 0) else { continue }
      let held = tests == nil ? min(rows.count - 1, max(1, Int((Double(rows.count) * testShare).rounded()))) : 0
      examples += rows.dropFirst(held)
      kept.append(label)
    }

    guard kept.count > 1 else {
      throw OperationError(
        operation: Self.operation, subject: "\(pool.ids.count) examples",
        cause: """
          \(kept.count) classes have enough of them: two are needed, each with an example and, without tests of their \
          own, another
          """)
    }
    if kept.count < names.count {
      context.note("\(names.count - kept.count) classes have too few examples and are left out")
    }
    return (examples.sorted(), kept)
  }
}
