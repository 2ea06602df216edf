package import Core
package import Foundation

/// `lock.json`: every stage call of a notebook with its key and output, the reference that a reviewer verifies against.
///
/// Entries are in the order of their places in the notebook, each after the stages that it called while it ran; the
/// bytes depend on nothing else, so that a run in which nothing changed leaves the file as it was.
package struct LockFile: Codable, Sendable, Equatable {
  /// One stage call.
  package struct Entry: Codable, Sendable, Equatable {
    /// The output's name in the store.
    package var artifact: String
    /// The stage's name.
    package var stage: String
    /// The cell's label, or its number.
    package var cell: String
    /// The digest of everything that the output depends on.
    package var key: Digest
    /// The output's format, digest and size.
    package var output: OutputSummary
    /// The keys of the stages that it called while it ran; `nil` when it called none.
    package var calls: [Digest]?

    /// An entry with these values.
    package init(
      artifact: String, stage: String, cell: String, key: Digest, output: OutputSummary, calls: [Digest] = []
    ) {
      self.artifact = artifact
      self.stage = stage
      self.cell = cell
      self.key = key
      self.output = output
      self.calls = calls.isEmpty ? nil : calls
    }
  }

  /// The newest format that this Colophon reads, and the one that it writes.
  package static let currentFormat = 1

  /// The format of the file, at most ``currentFormat``.
  package var format = LockFile.currentFormat
  /// The notebook's path from the project's folder.
  package var notebook: String
  /// The values of the run's parameters, by name, as `--set` takes them, and the seed if it is not the notebook's own;
  /// `nil` when there are none.
  package var parameters: [String: String]?
  /// All stage calls that have an output, those of stages among them.
  package var stages: [Entry]

  /// A lock of the current format.
  package init(notebook: String, parameters: [String: String] = [:], stages: [Entry]) {
    self.notebook = notebook
    self.parameters = parameters.isEmpty ? nil : parameters
    self.stages = stages
  }

  /// Reads a lock file.
  /// - Returns: `nil` when there is no file.
  /// - Throws: ``OperationError`` when the file is not a lock file, is in conflict, or has a newer format.
  package init?(path: String) throws(OperationError) {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    self = try LockFile(data: data, name: path)
  }

  /// Decodes the bytes of a lock file.
  /// - Parameters:
  ///   - data: the bytes.
  ///   - name: the name that errors give the bytes, such as their path.
  /// - Throws: ``OperationError`` when they are not a lock file, are in conflict, or have a newer format.
  package init(data: Data, name: String) throws(OperationError) {
    guard let lock = try? JSONDecoder().decode(LockFile.self, from: data) else {
      if let conflict = LockConflict(data: data) {
        throw Self.error(name, conflict.summary, "run the notebook again: a run that succeeds settles it")
      }
      throw Self.error(name, "it is not a lock file", "run the notebook again: a run that succeeds writes it again")
    }
    guard lock.format <= Self.currentFormat else {
      let reason = "its format is \(lock.format), newer than this Colophon's \(Self.currentFormat)"
      throw Self.error(name, reason, "update Colophon")
    }
    self = lock
  }

  /// True for the bytes of a lock file of a newer format.
  static func isNewer(_ data: Data) -> Bool {
    (try? JSONDecoder().decode(LockFile.self, from: data)).map { $0.format > currentFormat } ?? false
  }

  private static func error(_ name: String, _ reason: String, _ advice: String) -> OperationError {
    OperationError(operation: "use the lock file", subject: name, reason: reason, advice: advice)
  }

  /// The file's content: JSON with a stage call on each line, so that a line diff shows which calls changed.
  package var bytes: [UInt8] {
    var fields: [OrderedJSON.Field] = [("format", .integer(Int64(format))), ("notebook", .text(notebook))]
    if let parameters {
      let sorted = parameters.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      fields.append(("parameters", .object(sorted.map { ($0.key, .text($0.value)) }, .oneLine)))
    }
    fields.append(("stages", .array(stages.map(\.json), .lines)))
    return Array((OrderedJSON.object(fields, .lines).text + "\n").utf8)
  }
}

extension LockFile.Entry {
  fileprivate var json: OrderedJSON {
    let output = OrderedJSON.object(
      [
        ("format", .text(output.format)), ("digest", .text(output.digest.hexadecimal)),
        ("byteCount", .integer(output.byteCount)),
      ], .oneLine)
    var fields: [OrderedJSON.Field] = [
      ("artifact", .text(artifact)), ("stage", .text(stage)), ("cell", .text(cell)),
      ("key", .text(key.hexadecimal)), ("output", output),
    ]
    if let calls { fields.append(("calls", .array(calls.map { .text($0.hexadecimal) }, .oneLine))) }
    return .object(fields, .oneLine)
  }
}

/// A JSON value whose fields are written in the order they are given: equal values give equal bytes.
private enum OrderedJSON {
  typealias Field = (name: String, value: OrderedJSON)

  enum Layout {
    case oneLine
    /// Each element or field is on a line of its own.
    case lines

    func enclose(_ parts: [String], in brackets: (opening: String, closing: String)) -> String {
      switch self {
      case .oneLine: brackets.opening + parts.joined(separator: ", ") + brackets.closing
      case .lines: brackets.opening + parts.map { "\n" + $0 }.joined(separator: ",") + "\n" + brackets.closing
      }
    }
  }

  case integer(Int64)
  case text(String)
  case array([OrderedJSON], Layout)
  case object([Field], Layout)

  var text: String {
    switch self {
    case .integer(let value): String(value)
    case .text(let value): JSONText.quoted(value)
    case .array(let elements, let layout): layout.enclose(elements.map(\.text), in: ("[", "]"))
    case .object(let fields, let layout):
      layout.enclose(fields.map { "\(JSONText.quoted($0.name)): \($0.value.text)" }, in: ("{", "}"))
    }
  }
}
