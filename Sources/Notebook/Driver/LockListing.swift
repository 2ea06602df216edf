package import Core
internal import Differences
internal import Foundation
internal import NotebookRuntime
internal import TextFormatting

/// The text of a lock file for people.
package enum LockListing {
  /// A line for each stage: artifact, stage, cell, key, output, and the origin of the output.
  /// - Parameters:
  ///   - bytes: the bytes of a lock file.
  ///   - revision: the name of their version in errors.
  ///   - origins: for keys, the remotes that their outputs came from, in words.
  /// - Throws: ``OperationError`` when the bytes are not a lock file.
  package static func text(
    _ bytes: [UInt8], revision: String, origins: ([Digest]) throws -> [Digest: String] = { _ in [:] }
  ) throws -> String {
    let lock = try LockFile(data: Data(bytes), name: "lock.json of \(revision)")
    let origins = try origins(lock.stages.map(\.key))
    let rows = lock.stages.map {
      [
        $0.artifact, $0.stage, "cell \($0.cell)", $0.key.short, NumberText.bytes($0.output.byteCount),
        origins[$0.key] ?? "",
      ].map(TerminalWidth.safe)
    }
    guard let first = rows.first else { return "no stages" }
    let widths = first.indices.map { column in rows.map { TerminalWidth.of($0[column]) }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - TerminalWidth.of($0)) }.joined(separator: "  ")
        .trimmingCharacters(in: .whitespaces)
    }.joined(separator: "\n")
  }
}
