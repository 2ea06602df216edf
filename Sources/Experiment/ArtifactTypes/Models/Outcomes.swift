public import Core
internal import FileFormats

/// The outcome of every single item of an evaluation: the rank of the right answer.
///
/// One file, `outcomes.jsonl`, with an item on each line:
/// `{"task":"classification","language":"de","item":"1f436","picture":"1f436","class":"1f436","place":3,"of":1369}`. A
/// table of shares does not say which items were right, but two models are compared by the items that only one of them
/// has right.
public struct Outcomes: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "outcomes/1" }

  /// The artifact's files.
  public let content: ArtifactContent

  /// Opens outcomes without reading them.
  /// - Throws: ``OperationError`` when the content is not one file.
  public init(content: ArtifactContent) throws {
    _ = try content.onlyFile
    self.content = content
  }

  /// Calls `body` with every outcome in order.
  /// - Throws: ``OperationError`` with the line that is not an outcome; the errors of `body`.
  public func forEach(_ body: (Outcome) throws -> Void) throws {
    let mapped = try MappedBytes(content.files[0])
    var number = 0
    try withExtendedLifetime(mapped) {
      try mapped.forEachLine { line in
        number += 1
        let outcome: Outcome
        do {
          outcome = try Outcome(line: line)
        } catch let fault as JSONCursor.Fault {
          throw OperationError(
            operation: "read outcomes", subject: "\(content.files[0].name), line \(number)", cause: fault.description)
        }
        try body(outcome)
      }
    }
  }

  /// All outcomes in memory, in order.
  /// - Throws: ``OperationError`` with the line that is not an outcome.
  public func all() throws -> [Outcome] {
    var outcomes: [Outcome] = []
    // swift-format-ignore: ReplaceForEachWithForLoop
    try forEach { outcomes.append($0) }
    return outcomes
  }
}

/// The outcome of one item of an evaluation.
public struct Outcome: Hashable, Sendable {
  /// The kind of question, such as `classification`, `text → picture` or `multiple choice`.
  public var task: String
  /// The code of the language of the question.
  public var language: String
  /// The item's name, unique in its task and language.
  public var item: String
  /// The picture that the item is about: items of one picture are not independent.
  public var picture: String
  /// The item's class or another stratum; `nil` without one.
  public var group: String?
  /// The number of wrong answers that were ranked before the best right one: 0 when the model is right.
  public var place: Int
  /// The number of answers to choose from.
  public var candidates: Int

  /// An outcome with these values.
  public init(
    task: String, language: String, item: String, picture: String, group: String? = nil, place: Int, candidates: Int
  ) {
    self.task = task
    self.language = language
    self.item = item
    self.picture = picture
    self.group = group
    self.place = place
    self.candidates = candidates
  }

  fileprivate init(line: UnsafeRawBufferPointer) throws {
    var cursor = JSONCursor(line)
    var task: String?
    var language: String?
    var item: String?
    var picture: String?
    var place: Int?
    var candidates: Int?

    try cursor.beginObject()
    while let key = try cursor.nextKey() {
      switch key {
      case "task": task = try cursor.string()
      case "language": language = try cursor.string()
      case "item": item = try cursor.string()
      case "picture": picture = try cursor.string()
      case "class": group = try cursor.string()
      case "place": place = try cursor.integer()
      case "of": candidates = try cursor.integer()
      default: try cursor.skip()
      }
    }
    try cursor.end()

    guard let task, let language, let item, let picture, let place, let candidates,
      (0..<max(candidates, 0)).contains(place)
    else {
      throw JSONCursor.Fault(
        description: "an outcome needs “task”, “language”, “item”, “picture”, and a “place” in 0 ..< “of”")
    }
    self.task = task
    self.language = language
    self.item = item
    self.picture = picture
    self.place = place
    self.candidates = candidates
  }
}

/// Writes ``Outcomes`` one at a time; the order of the calls is part of the value.
public final class OutcomesWriter {
  /// The number of outcomes so far.
  public private(set) var count = 0
  private let file: ArtifactFileWriter
  private var line = JSONLine()

  /// A writer without an outcome.
  /// - Parameter path: the file to write, from ``StageContext/file(_:)``.
  /// - Throws: ``OperationError`` when the file cannot be created.
  public init(path: String) throws { file = try ArtifactFileWriter(path: path, name: "outcomes.jsonl") }

  /// Adds an outcome.
  /// - Throws: ``OperationError`` when the file cannot be written.
  public func write(_ outcome: Outcome) throws {
    line.removeAll()
    line.raw(#"{"task":"#)
    line.string(outcome.task)
    line.raw(#","language":"#)
    line.string(outcome.language)
    line.raw(#","item":"#)
    line.string(outcome.item)
    line.raw(#","picture":"#)
    line.string(outcome.picture)
    if let group = outcome.group {
      line.raw(#","class":"#)
      line.string(group)
    }
    line.raw(#","place":"#)
    line.integer(outcome.place)
    line.raw(#","of":"#)
    line.integer(outcome.candidates)
    line.raw("}\n")

    try file.write(line.bytes)
    count += 1
  }

  /// Completes the file.
  public func finish() throws -> Outcomes { try Outcomes(content: ArtifactContent(files: [file.finish()])) }
}
