package import Core
internal import Differences
internal import Foundation
internal import NotebookRuntime
internal import TextFormatting

/// A lock file as people read it.
package enum LockListing {
  /// One stage a line: artifact, stage, cell, key, output, and where it came from.
  /// - Parameters:
  ///   - revision: what errors call the bytes.
  ///   - origins: for keys, where their outputs came from, in words.
  /// - Throws: ``LockFileError``.
  package static func text(
    _ bytes: [UInt8], revision: String, origins: ([Digest]) throws -> [Digest: String] = { _ in [:] }
  ) throws -> String {
    let lock = try LockFile(data: Data(bytes), name: "lock.json of \(revision)")
    let origins = try origins(lock.stages.map(\.key))
    let rows = lock.stages.map {
      [$0.artifact, $0.stage, "cell \($0.cell)", $0.key.short, "\($0.output.byteCount) bytes", origins[$0.key] ?? ""]
        .map(TerminalWidth.safe)
    }
    guard let first = rows.first else { return "no stages" }
    let widths = first.indices.map { column in rows.map { TerminalWidth.of($0[column]) }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - TerminalWidth.of($0)) }.joined(separator: "  ")
        .trimmingCharacters(in: .whitespaces)
    }.joined(separator: "\n")
  }
}
