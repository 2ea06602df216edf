package import Core
package import Foundation

/// `lock.json`: every stage call of a notebook with its key and output, the reference that a reviewer verifies against.
///
/// Entries are in the order of their places in the notebook; the bytes depend on nothing else, so that a run in which nothing
/// changed leaves the file as it was.
package struct LockFile: Codable, Sendable, Equatable {
  package struct Entry: Codable, Sendable, Equatable {
    /// The output's name in the store.
    package var artifact: String
    package var stage: String
    /// The cell's label, or its number.
    package var cell: String
    package var key: Digest
    package var output: OutputSummary

    package init(artifact: String, stage: String, cell: String, key: Digest, output: OutputSummary) {
      self.artifact = artifact
      self.stage = stage
      self.cell = cell
      self.key = key
      self.output = output
    }
  }

  package static let currentFormat = 1

  package var format = LockFile.currentFormat
  /// The notebook's path from the project's folder.
  package var notebook: String
  /// The values of the run's parameters, by name, as `--set` takes them, and the seed if it is not the notebook's own; `nil` when
  /// there are none.
  package var parameters: [String: String]?
  package var stages: [Entry]

  package init(notebook: String, parameters: [String: String] = [:], stages: [Entry]) {
    self.notebook = notebook
    self.parameters = parameters.isEmpty ? nil : parameters
    self.stages = stages
  }

  /// Reads a lock file.
  /// - Returns: `nil` when there is none.
  /// - Throws: ``LockFileError`` when the file is not a lock file or of a newer format.
  package init?(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    self = try LockFile(data: data, name: path)
  }

  /// - Parameter name: what errors call the bytes.
  package init(data: Data, name: String) throws {
    do {
      self = try JSONDecoder().decode(LockFile.self, from: data)
    } catch {
      throw LockFileError(path: name, reason: "it is not a lock file")
    }
    guard format <= Self.currentFormat else {
      throw LockFileError(
        path: name, reason: "its format is \(format), newer than this Colophon's \(Self.currentFormat)")
    }
  }

  /// JSON, an entry a line.
  package var bytes: [UInt8] {
    var text = "{\n\"format\": \(format),\n\"notebook\": \(JSONText.quoted(notebook)),\n"
    if let parameters {
      let fields = parameters.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\(JSONText.quoted($0.key)): \(JSONText.quoted($0.value))" }
      text += "\"parameters\": {\(fields.joined(separator: ", "))},\n"
    }
    text += "\"stages\": ["
    for (position, entry) in stages.enumerated() {
      text += position == 0 ? "\n" : ",\n"
      text += "{\"artifact\": "
      JSONText.append(entry.artifact, to: &text)
      text += ", \"stage\": "
      JSONText.append(entry.stage, to: &text)
      text += ", \"cell\": "
      JSONText.append(entry.cell, to: &text)
      text += ", \"key\": \"\(entry.key.hexadecimal)\", \"output\": {\"format\": "
      JSONText.append(entry.output.format, to: &text)
      text += ", \"digest\": \"\(entry.output.digest.hexadecimal)\", \"byteCount\": \(entry.output.byteCount)}}"
    }
    text += "\n]\n}\n"
    return Array(text.utf8)
  }
}

/// A lock file that cannot be used.
package struct LockFileError: Error, CustomStringConvertible, Sendable {
  package let path: String
  package let reason: String
  package var description: String {
    "cannot use \(path): \(reason). Delete it to start afresh; the next run writes it anew"
  }
}
