public import Core
internal import FileFormats

/// What came of every single item of an evaluation: at which place the right answer stood.
///
/// One file, `outcomes.jsonl`, an item a line:
/// `{"task":"classification","language":"de","item":"1f436","picture":"1f436","class":"1f436","place":3,"of":1369}`. A table of shares
/// forgets which items were right; two models are compared by the items that one of them has right and the other has not.
public struct Outcomes: FileArtifact {
  public static var format: String { "outcomes/1" }

  public let content: ArtifactContent

  /// - Throws: ``ContentError`` when the content is not one file.
  public init(content: ArtifactContent) throws {
    guard content.files.count == 1 else { throw ContentError.severalFiles(content.files.map(\.name)) }
    self.content = content
  }

  /// Calls `body` with every outcome in order.
  /// - Throws: ``OperationError`` with the line that is none; what `body` throws.
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

  /// All outcomes in memory.
  public func all() throws -> [Outcome] {
    var outcomes: [Outcome] = []
    // swift-format-ignore: ReplaceForEachWithForLoop
    try forEach { outcomes.append($0) }
    return outcomes
  }
}

/// What came of one item of an evaluation.
public struct Outcome: Hashable, Sendable {
  /// What was asked, such as `classification`, `text → picture` or `multiple choice`.
  public var task: String
  public var language: String
  /// Unique within its task and language.
  public var item: String
  /// The picture that the item is about: items of one picture are not independent.
  public var picture: String
  /// The item's class or other stratum; `nil` where there is none.
  public var group: String?
  /// How many wrong answers were ranked before the best right one.
  public var place: Int
  /// How many answers there were to choose from.
  public var candidates: Int

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
    var names: (task: String?, language: String?, item: String?, picture: String?)
    var numbers: (place: Int?, candidates: Int?)
    try cursor.beginObject()
    while let key = try cursor.nextKey() {
      switch key {
      case "task": names.task = try cursor.string()
      case "language": names.language = try cursor.string()
      case "item": names.item = try cursor.string()
      case "picture": names.picture = try cursor.string()
      case "class": group = try cursor.string()
      case "place": numbers.place = try cursor.integer()
      case "of": numbers.candidates = try cursor.integer()
      default: try cursor.skip()
      }
    }
    try cursor.end()
    guard let task = names.task, let language = names.language, let item = names.item, let picture = names.picture,
      let place = numbers.place, let candidates = numbers.candidates, (0..<max(candidates, 0)).contains(place)
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

/// Writes ``Outcomes`` one by one.
public final class OutcomesWriter {
  /// How many have been written.
  public private(set) var count = 0
  private let file: ArtifactFileWriter
  private var line = JSONLine()

  /// - Parameter path: the file to write, from ``StageContext/file(_:)``.
  /// - Throws: ``OperationError`` when the file cannot be created.
  public init(path: String) throws { file = try ArtifactFileWriter(path: path, name: "outcomes.jsonl") }

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
