internal import Core
internal import Glibc

/// What the join keeps of a record: 32 bytes.
struct RecordPlace: BitwiseCopyable {
  /// The key's hash.
  var key: (UInt64, UInt64)
  /// The whole record's hash.
  var digest: UInt64
  /// The file's number above 48 bits of the record's offset.
  var place: UInt64
}

/// Records sorted into partitions by their keys, in memory or, where there are several partitions, in files without a name.
struct RecordSpill: ~Copyable {
  private var buffers: [[RecordPlace]]
  private var descriptors: [Int32]
  private let mask: UInt64
  /// How many records there are.
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
  mutating func append(_ record: RecordPlace) throws {
    let partition = Int(truncatingIfNeeded: record.key.1 & mask)
    buffers[partition].append(record)
    count += 1
    if !descriptors.isEmpty, buffers[partition].count >= Self.bufferSize { try write(partition) }
  }

  private mutating func write(_ partition: Int) throws {
    try buffers[partition].withUnsafeBytes { bytes in
      var rest = bytes
      while !rest.isEmpty {
        let written = Glibc.write(descriptors[partition], rest.baseAddress, rest.count)
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { throw Self.failure("write a temporary file", "partition \(partition)") }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
    }
    buffers[partition].removeAll(keepingCapacity: true)
  }

  /// All records of a partition, in the order in which they came.
  mutating func records(_ partition: Int) throws -> [RecordPlace] {
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
    let records = try [RecordPlace](unsafeUninitializedCapacity: size / MemoryLayout<RecordPlace>.stride) {
      buffer, count in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      var done = 0
      while done < size {
        let found = pread(descriptor, bytes.baseAddress.map { $0 + done }, size - done, off_t(done))
        if found < 0, errno == EINTR { continue }
        guard found > 0 else { throw Self.failure("read a temporary file", "partition \(partition)") }
        done += found
      }
      count = size / MemoryLayout<RecordPlace>.stride
    }
    _ = ftruncate(descriptor, 0)
    return records
  }
}
