internal import Core
internal import Glibc

/// The part of a record that the join keeps: 32 bytes.
struct RecordSummary: BitwiseCopyable {
  /// The key's hash.
  let key: (UInt64, UInt64)
  /// The whole record's hash.
  let digest: UInt64
  /// The record's ``RecordLocation/packed`` location.
  let location: UInt64
}

/// Records sorted into partitions by their keys, in memory or, where there are several partitions, in files without a
/// name.
struct RecordSpill: ~Copyable {
  private var buffers: [[RecordSummary]]
  private var descriptors: [Int32]
  private let mask: UInt64
  /// The number of records.
  private(set) var count = 0

  private static let bufferSize = 4096

  /// - Parameter partitions: a power of two.
  /// - Throws: ``OperationError`` when a file cannot be made in the folder `scratch`.
  init(partitions: Int, scratch: String) throws {
    buffers = Array(repeating: [], count: partitions)
    descriptors = []
    mask = UInt64(partitions - 1)
    guard partitions > 1 else { return }
    for _ in 0..<partitions {
      var template = Array("\(scratch)/colophon-diff-XXXXXX\0".utf8.map { CChar(bitPattern: $0) })
      let descriptor = mkstemp(&template)
      guard descriptor >= 0 else { throw Self.failure("make a temporary file", scratch) }
      unlink(template)
      descriptors.append(descriptor)
    }
  }

  deinit { for descriptor in descriptors { close(descriptor) } }

  private static func failure(_ operation: String, _ subject: String) -> OperationError {
    OperationError(operation: operation, subject: subject, cause: String(cString: strerror(errno)))
  }

  @inline(__always)
  mutating func append(_ record: RecordSummary) throws {
    let partition = Int(truncatingIfNeeded: record.key.1 & mask)
    buffers[partition].append(record)
    count += 1
    if !descriptors.isEmpty, buffers[partition].count >= Self.bufferSize { try write(partition) }
  }

  private mutating func write(_ partition: Int) throws {
    try buffers[partition].withUnsafeBytes { bytes in
      guard SystemCall.write(bytes, to: descriptors[partition]) else {
        throw Self.failure("write a temporary file", "partition \(partition)")
      }
    }
    buffers[partition].removeAll(keepingCapacity: true)
  }

  /// All records of a partition, in the order in which they came.
  mutating func records(_ partition: Int) throws -> [RecordSummary] {
    guard !descriptors.isEmpty else {
      defer { buffers[partition] = [] }
      return buffers[partition]
    }
    try write(partition)
    buffers[partition] = []

    let descriptor = descriptors[partition]
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw Self.failure("examine a temporary file", "partition \(partition)")
    }

    let size = Int(status.st_size)
    let records = try [RecordSummary](unsafeUninitializedCapacity: size / MemoryLayout<RecordSummary>.stride) {
      buffer, count in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      guard SystemCall.read(into: bytes, from: descriptor, at: 0) == bytes.count else {
        throw Self.failure("read a temporary file", "partition \(partition)")
      }
      count = size / MemoryLayout<RecordSummary>.stride
    }
    _ = ftruncate(descriptor, 0)
    return records
  }
}
