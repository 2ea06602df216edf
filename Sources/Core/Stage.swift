/// One step of an experiment. Its stored properties are everything that its result depends on.
///
/// A property that is an ``Artifact`` counts by content, an ``InputFile`` or ``InputFolder`` by the content on disk,
/// any other by value. A stage with the same properties, code and declared environment has the same key and does not
/// run again.
///
/// ```swift
/// struct LongCaptions: Stage {
///   var pairs: Pairs
///   var minimumWords = 5
///
///   func run(_ context: StageContext) async throws -> Pairs {
///     try pairs.filter(into: context.file("pairs.jsonl")) { $0.wordCount >= minimumWords }
///   }
/// }
/// let long = try await LongCaptions(pairs: pairs)()
/// ```
public protocol Stage: Codable, Sendable {
  /// The type of the result.
  associatedtype Output: Artifact

  /// The name in plans, records and reports; the type's name unless given.
  static var name: String { get }

  /// The digest of the code that ``run(_:)`` depends on. Built-in stages return that of their module; a notebook's
  /// stages have one that is computed from their syntax.
  static var codeDigest: Digest? { get }

  /// The parts of the environment that the result depends on. Other facets are recorded but do not count.
  static var environment: [EnvironmentFacet] { get }

  /// Computes the output. Equal stages must give equal outputs.
  ///
  /// Everything that the stage reads must be a property. Long loops report progress and call `try
  /// Task.checkCancellation()`.
  /// - Throws: any error; it ends the stage, and the cell that called it.
  func run(_ context: StageContext) async throws -> Output
}

extension Stage {
  /// The type's name.
  public static var name: String { "\(Self.self)" }
  /// None: the runtime uses the digest of the code that the notebook's own stages may call.
  public static var codeDigest: Digest? { nil }
  /// No facets: the result does not depend on the environment.
  public static var environment: [EnvironmentFacet] { [] }
}

extension Stage {
  /// A copy of the stage with another value of one property, so that a call stays one expression:
  /// `try await TrainTokenizer(pairs: pairs).with(\.vocabularySize, 8_000)()`.
  public func with<Value>(_ property: WritableKeyPath<Self, Value>, _ value: Value) -> Self {
    var changed = self
    changed[keyPath: property] = value
    return changed
  }
}

/// A part of the environment with its present value, such as the number of threads.
public struct EnvironmentFacet: Sendable {
  /// The name, for instance `threads`.
  public let name: String
  private let current: @Sendable () -> String

  /// A facet whose value is computed each time that a key is.
  public init(_ name: String, current: @escaping @Sendable () -> String) {
    self.name = name
    self.current = current
  }

  /// The value now, for instance `2`.
  public var value: String { current() }
}

/// The connection of a running stage to its run: folders, threads, and reports.
public struct StageContext: Sendable {
  /// A message of a running stage.
  public enum Report: Sendable {
    /// The amount done of a total, both in a unit that may be empty.
    case progress(done: Double, total: Double, unit: String)
    /// A number about the run itself.
    case measurement(name: String, value: Double, unit: String)
    /// A sentence for the report.
    case note(String)
  }

  /// An empty folder for this stage only, without a trailing slash; removed after the stage's output is stored.
  public let scratch: String

  /// The number of threads that the stage may use, at least 1.
  public let threads: Int

  /// The folder in which a long stage keeps what it has so far, for the next run with the same key if this one is
  /// killed. Removed after the stage's output is stored.
  public let partial: PartialFolder

  private let report: @Sendable (Report) -> Void

  /// A context; without more it keeps nothing and drops reports.
  /// - Parameters:
  ///   - scratch: an empty folder, without a trailing slash.
  ///   - threads: at least 1.
  ///   - partial: the folder of partial results.
  ///   - report: called with each message, from any thread.
  public init(
    scratch: String, threads: Int, partial: PartialFolder = .none,
    report: @escaping @Sendable (Report) -> Void = { _ in }
  ) {
    self.scratch = scratch
    self.threads = threads
    self.partial = partial
    self.report = report
  }

  /// The path of a file of this name in ``scratch``.
  public func file(_ name: String) -> String { scratch + "/" + name }

  /// Reports the amount done of a total. Cheap enough for a loop: it is shown at most ten times a second.
  public func progress(_ done: some BinaryInteger, of total: some BinaryInteger, _ unit: String = "") {
    report(.progress(done: Double(done), total: Double(total), unit: unit))
  }

  /// Reports a number about the run itself, such as a throughput. It is recorded and shown, and never part of the
  /// output.
  public func measure(_ name: String, _ value: Double, unit: String = "") {
    report(.measurement(name: name, value: value, unit: unit))
  }

  /// Reports a sentence that a reader of the result should know, for instance about skipped records.
  public func note(_ text: String) { report(.note(text)) }
}
