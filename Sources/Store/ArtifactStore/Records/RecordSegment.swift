internal import Core
internal import Dispatch
internal import Foundation
internal import Synchronization

/// Stage records as the repository keeps them: segments, which are files of one JSON object a line.
package enum RecordSegment {
  /// A record with its line.
  struct Line {
    var record: StageRecord
    /// The record's JSON as it is in the segment, without a line break.
    var json: ArraySlice<UInt8>
  }

  /// The reference whose commit's tree has this store's segments: `SHA256.jsonl` is one, `SHA256.objects` a folder that
  /// names the objects of its outputs, so that git keeps and sends them along.
  static let reference = "refs/colophon/records"
  /// The message of its commits.
  static let message = "Stage records\n"
  static let suffix = ".jsonl"
  static let objectsSuffix = ".objects"

  /// Segments are merged when there are more than this many, those that are shorter than ``mergeLimit``.
  static let countLimit = 64
  /// A segment of at least this length, 4 MiB, is not merged any more.
  static let mergeLimit = 4 << 20
  /// The greatest length of a segment, which a merge of ``countLimit`` segments can come to: 256 MiB.
  static let byteLimit = countLimit * mergeLimit
  /// The greatest length of a record of a remote: 16 MiB.
  static let lineLimit = 16 << 20
  /// Records that one thread decodes at a time.
  private static let stride = 256

  /// The line of a record, with its line break. Numbers that are not finite are written as strings.
  /// - Throws: ``StoreError/Cause/index(reason:)`` when the record cannot be encoded.
  package static func line(_ record: StageRecord) throws(StoreError) -> [UInt8] {
    do {
      return Array(try JSONCoding.encoder([.sortedKeys, .withoutEscapingSlashes]).encode(record)) + [UInt8(ascii: "\n")]
    } catch {
      throw StoreError(operation: "record the stage", subject: record.stage, cause: .index(reason: "\(error)"))
    }
  }

  /// The record of a line; `nil` when the line is not one.
  package static func decode(_ line: some Collection<UInt8>) -> StageRecord? {
    try? JSONCoding.decoder().decode(StageRecord.self, from: Data(line))
  }

  /// The lines of a segment in their order, decoded on all cores; a line that is not a record has none.
  package static func decodeLines(_ bytes: [UInt8]) -> [(record: StageRecord?, line: ArraySlice<UInt8>)] {
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    let parts = Mutex<[Int: [StageRecord?]]>([:])
    DispatchQueue.concurrentPerform(iterations: (lines.count + stride - 1) / stride) { part in
      let records = lines[(part * stride)..<min(lines.count, (part + 1) * stride)].map { line in
        line.count <= lineLimit ? decode(line) : nil
      }
      parts.withLock { $0[part] = records }
    }
    let records = parts.withLock { parts in parts.sorted { $0.key < $1.key }.flatMap(\.value) }
    return Array(zip(records, lines))
  }

  /// Merges segments: of records with one key the one that finished last stays; lines that are no records stay, too.
  /// - Returns: the bytes of the merged segment.
  package static func merge(_ segments: [[UInt8]]) -> [UInt8] {
    var latest: [Digest: Double] = [:]
    var parsed: [(record: StageRecord?, line: ArraySlice<UInt8>)] = []
    for line in segments.lazy.flatMap({ $0.split(separator: UInt8(ascii: "\n")) }) {
      let record = decode(line)
      if let record { latest[record.key] = max(record.finished, latest[record.key] ?? -.infinity) }
      parsed.append((record, line))
    }

    var bytes: [UInt8] = []
    for (record, line) in parsed {
      if let record {
        guard latest[record.key] == record.finished else { continue }
        // Of two that finished at the same time the first stays.
        latest[record.key] = nil
      }
      bytes.append(contentsOf: line)
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }
}
