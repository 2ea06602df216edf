internal import Core
internal import Foundation

/// Stage records as the repository keeps them: one JSON object a line.
package enum RecordSegment {
  /// The reference whose commit's tree holds the segments: `SHA256.jsonl` is one, `SHA256.objects` a folder that names the objects
  /// of its outputs, so that git keeps and sends them along.
  static let reference = "refs/colophon/records"
  /// The message of its commits.
  static let message = "Stage records\n"
  static let suffix = ".jsonl"
  static let objectsSuffix = ".objects"

  /// Segments are merged when there are more than 64, those that are smaller than 4 MiB.
  static let countLimit = 64
  static let mergeLimit = 4 << 20

  /// One line, with its line break.
  package static func line(_ record: StageRecord) throws(StoreError) -> [UInt8] {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
      return Array(try encoder.encode(record)) + [UInt8(ascii: "\n")]
    } catch {
      throw StoreError(operation: "record the stage", subject: record.stage, cause: .index(reason: "\(error)"))
    }
  }

  /// The record that a line is; `nil` when it is none.
  package static func decode(_ line: some Collection<UInt8>) -> StageRecord? {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try? decoder.decode(StageRecord.self, from: Data(line))
  }

  /// One segment from several: of records with one key the one that finished last; lines that are no records stay.
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
        latest[record.key] = nil
      }
      bytes.append(contentsOf: line)
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }
}
