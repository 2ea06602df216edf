internal import Core

/// A file's bytes, decompressed as they are read: plain, gzip, bzip2, xz or zstd, known by the first bytes.
///
/// Checksums are checked where the format has them. Not for use from two threads at once.
package final class CompressedFile {
  /// The file's path.
  package let path: String
  /// The file's compression.
  package let compression: Compression
  /// The compressed file's size in bytes.
  package var compressedByteCount: Int64 { input.byteCount }
  /// The number of compressed bytes that have been used: for progress.
  package var compressedPosition: Int64 { stream.compressedPosition }

  private let input: InputDescriptor
  private let stream: any DecompressionStream
  /// False when a tar archive is taken for a mistake.
  private let allowsTar: Bool
  private var isAtStart = true
  private var pending: (any Error)?

  /// Opens a file.
  /// - Parameter allowsTar: true when the decompressed file may be a tar archive, for ``TarReader``.
  /// - Throws: ``OperationError`` when it cannot be opened, or is not compressed as its name says; with
  ///   ``OperationError/endsEarly`` when it is too short for that.
  package init(path: String, allowsTar: Bool = false) throws {
    self.path = path
    self.allowsTar = allowsTar
    input = try InputDescriptor(path: path)

    // A name may lack the ending, but a wrong one is a mistake.
    let head = try input.bytes(at: 0, count: 16)
    compression = Compression(head: head)
    let named = Compression(path: path)
    guard named == compression || named == .none else {
      let isShort = head.count < 10
      throw OperationError(
        operation: "read the file", subject: path,
        cause: isShort
          ? "it ends early, after \(head.count) bytes: get it again"
          : "its name says \(named.rawValue), its first bytes do not: rename it, or get it again",
        endsEarly: isShort)
    }

    switch compression {
    case .none: stream = PlainStream(input)
    case .gzip: stream = try GzipStream(input)
    case .bzip2, .xz, .zstd: stream = try FilterStream(input, compression)
    }
  }

  /// Reads the next decompressed bytes: as many as the buffer has space for, unless the file ends.
  /// - Returns: how many there were, 0 at the end.
  /// - Throws: ``OperationError``, with ``OperationError/endsEarly`` when the file ends before its format says so. All
  ///   that was decompressed before is returned first.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if let pending { throw pending }

    // An error after some bytes is thrown by the next call.
    var filled = 0
    do {
      while filled < buffer.count {
        let added = try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
        if added == 0 { break }
        filled += added
      }
    } catch {
      pending = error
      if filled == 0 { throw error }
    }

    if isAtStart {
      isAtStart = false
      if !allowsTar, TarHeader.isTar(UnsafeRawBufferPointer(rebasing: buffer[..<filled])) {
        let error = OperationError(
          operation: "read the file", subject: path,
          cause: "it is a tar archive where a single file is expected: unpack it, or read it as WebDataset")
        pending = error
        throw error
      }
    }
    return filled
  }

  /// Passes bytes without reading them, as far as the file goes.
  /// - Returns: how many there were; `nil`, with nothing passed, for a compressed file.
  func pass(_ count: Int) throws -> Int? { try (stream as? PlainStream)?.pass(count) }

  /// All decompressed bytes that have not been read, for small files.
  /// - Throws: as ``read(into:)``; ``OperationError`` when there are more than `limit`.
  package func readAll(limit: Int = 1 << 30) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = try read(into: buffer)
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
      guard bytes.count <= limit else {
        throw OperationError(operation: "read the file", subject: path, cause: "it has more than \(limit) bytes")
      }
    }
  }
}

/// Decompresses one format.
protocol DecompressionStream: AnyObject {
  /// Reads some of the next bytes; 0 at the end, and at every call after it.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
  /// The number of compressed bytes that have been used.
  var compressedPosition: Int64 { get }
}

/// A file without compression.
private final class PlainStream: DecompressionStream {
  private let input: InputDescriptor
  private(set) var compressedPosition: Int64 = 0

  init(_ input: InputDescriptor) { self.input = input }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try input.read(into: buffer)
    compressedPosition += Int64(count)
    return count
  }

  func pass(_ count: Int) throws -> Int {
    let passed = min(Int64(count), max(0, input.byteCount - compressedPosition))
    try input.pass(passed)
    compressedPosition += passed
    return Int(passed)
  }
}
