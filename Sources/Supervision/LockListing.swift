internal import Engine
internal import Foundation
internal import Provenance

/// A lock file as people read it.
package enum LockListing {
  /// One stage a line: artifact, stage, cell, key, output.
  /// - Parameter revision: what errors call the bytes.
  /// - Throws: ``LockFileError``.
  package static func text(_ bytes: [UInt8], revision: String) throws -> String {
    let lock = try LockFile(data: Data(bytes), name: "lock.json of \(revision)")
    let rows = lock.stages.map { [$0.artifact, $0.stage, "cell \($0.cell)", $0.key.short, "\($0.output.byteCount) bytes"] }
    guard let first = rows.first else { return "no stages" }
    let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
