internal import Dispatch
internal import Synchronization

extension RecordSegment {
  /// No segment is longer: what a merge of ``countLimit`` segments below ``mergeLimit`` can come to, 256 MiB.
  static let byteLimit = countLimit * mergeLimit
  /// No record of a remote is longer: 16 MiB.
  static let lineLimit = 16 << 20

  /// The lines of a segment, decoded on all cores; a line that is no record has none.
  package static func decodeLines(_ bytes: [UInt8]) -> [(record: StageRecord?, line: ArraySlice<UInt8>)] {
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    let stride = 256
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
}
