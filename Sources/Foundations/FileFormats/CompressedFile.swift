internal import Core

/// A file's bytes, unpacked as they are read: plain, gzip, bzip2, xz or zstd, told by the first bytes.
///
/// Checksums are checked where the format has them. Not for use from two threads at once.
package final class CompressedFile {
  package let path: String
  /// How the file is packed.
  package let compression: Compression
  /// The packed file's size in bytes.
  package var packedByteCount: Int64 { input.byteCount }
  /// How many of the packed bytes have been used so far: for progress.
  package var packedPosition: Int64 { stream.packedPosition }

  private let input: InputDescriptor
  private let stream: any UnpackingStream
  /// Whether a tar archive is welcome; otherwise one is taken for a mistake.
  private let allowsTar: Bool
  private var isAtStart = true
  private var pending: (any Error)?

  /// Opens a file.
  /// - Parameter allowsTar: whether a tar archive may come out, for ``TarReader``.
  /// - Throws: ``OperationError`` when it cannot be opened, or is not packed as its name says; with ``OperationError/endsEarly`` when it
  ///   is too short for that.
  package init(path: String, allowsTar: Bool = false) throws {
    self.path = path
    self.allowsTar = allowsTar
    input = try InputDescriptor(path: path)
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

  /// The next unpacked bytes: as many as fit, unless the file ends.
  /// - Returns: how many there were, 0 at the end.
  /// - Throws: ``OperationError``, with ``OperationError/endsEarly`` when the file ends before its format says so. All that was unpacked
  ///   before is returned first.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if let pending { throw pending }
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

  /// Goes past bytes without reading them, as far as the file goes.
  /// - Returns: how many there were; `nil`, with nothing passed, for a packed file.
  func pass(_ count: Int) throws -> Int? { try (stream as? PlainStream)?.pass(count) }

  /// All unpacked bytes, for small files.
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

/// Unpacks one format.
protocol UnpackingStream: AnyObject {
  /// Some of the next bytes; 0 at the end, and from then on.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
  /// How many packed bytes have been used.
  var packedPosition: Int64 { get }
}

/// A file that is not packed.
private final class PlainStream: UnpackingStream {
  private let input: InputDescriptor
  private(set) var packedPosition: Int64 = 0

  init(_ input: InputDescriptor) { self.input = input }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try input.read(into: buffer)
    packedPosition += Int64(count)
    return count
  }

  func pass(_ count: Int) throws -> Int {
    let passed = min(Int64(count), max(0, input.byteCount - packedPosition))
    try input.pass(passed)
    packedPosition += passed
    return Int(passed)
  }
}
