/// One step of an experiment: its stored properties are everything that its result depends on.
///
/// A property that is an ``Artifact`` counts by content, an ``InputFile`` or ``InputFolder`` by the content on disk, everything
/// else by value. Same properties, same code, same declared environment: same key, and the stage does not run again.
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
  associatedtype Output: Artifact

  /// The name in plans, records and reports; the type's name unless given.
  static var name: String { get }

  /// The digest of the code that ``run(_:)`` depends on. Built-in stages return their module's; a notebook's stages get theirs
  /// from their syntax.
  static var codeDigest: Digest? { get }

  /// What of the surroundings the result depends on. Undeclared facets are recorded but do not count.
  static var environment: [EnvironmentFacet] { get }

  /// Computes the output. Equal stages must give equal outputs.
  ///
  /// Everything read must be a property. Long loops report progress and call `try Task.checkCancellation()`.
  func run(_ context: StageContext) async throws -> Output
}

extension Stage {
  public static var name: String { "\(Self.self)" }
  public static var codeDigest: Digest? { nil }
  public static var environment: [EnvironmentFacet] { [] }
}

extension Stage {
  /// The same stage with another value of one property, so that a call stays one expression:
  /// `try await TrainTokenizer(pairs: pairs).with(\.vocabularySize, 8_000)()`.
  public func with<Value>(_ property: WritableKeyPath<Self, Value>, _ value: Value) -> Self {
    var changed = self
    changed[keyPath: property] = value
    return changed
  }
}

/// A part of the surroundings with its present value, such as the number of threads.
public struct EnvironmentFacet: Sendable {
  public let name: String
  private let current: @Sendable () -> String

  public init(_ name: String, current: @escaping @Sendable () -> String) {
    self.name = name
    self.current = current
  }

  /// The value now, for instance `2`.
  public var value: String { current() }
}

/// What a running stage may ask for and report to.
public struct StageContext: Sendable {
  /// What a stage tells while it runs.
  public enum Report: Sendable {
    case progress(done: Double, total: Double, unit: String)
    case measurement(name: String, value: Double, unit: String)
    case note(String)
  }

  /// An empty folder of this stage's own, removed after the stage's output is stored. No trailing slash.
  public let scratch: String

  /// How many threads the stage may use, at least 1.
  public let threads: Int

  /// Where a long stage keeps what it has so far, for the next run with the same key if this one is killed. Removed after the stage's
  /// output is stored.
  public let partial: PartialFolder

  private let report: @Sendable (Report) -> Void

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

  /// How far the stage is; cheap enough to call in a loop, shown at most a few times a second.
  public func progress(_ done: some BinaryInteger, of total: some BinaryInteger, _ unit: String = "") {
    report(.progress(done: Double(done), total: Double(total), unit: unit))
  }

  /// A number about the run itself, such as a throughput: recorded and shown, never part of the output.
  public func measure(_ name: String, _ value: Double, unit: String = "") {
    report(.measurement(name: name, value: value, unit: unit))
  }

  /// A sentence for the report: something a reader of the result should know, such as skipped records.
  public func note(_ text: String) { report(.note(text)) }
}
