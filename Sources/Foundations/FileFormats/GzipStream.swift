internal import CArchive
internal import Core

/// Decompresses gzip, of one member or many, through zlib: libarchive checks neither a member's checksum nor the bytes
/// after it.
///
/// Source of the format: RFC 1952.
final class GzipStream: DecompressionStream {
  private let input: InputDescriptor
  /// On the heap: zlib remembers the address.
  private let state: UnsafeMutablePointer<z_stream>
  private let compressed = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
  private var readByteCount: Int64 = 0
  private var isInMember = false
  private var hasPadding = false
  private var isAtEnd = false
  private var failure: OperationError?

  /// - Throws: ``OperationError`` when there is no memory.
  init(_ input: InputDescriptor) throws {
    self.input = input
    state = .allocate(capacity: 1)
    state.initialize(to: z_stream())
    // 15 bits of window, + 16 for gzip's header and trailer.
    guard inflateInit2_(state, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw OperationError(operation: "decompress the file", subject: input.path, cause: "zlib has no memory for it")
    }
  }

  deinit {
    inflateEnd(state)
    state.deallocate()
    compressed.deallocate()
  }

  var compressedPosition: Int64 { readByteCount - Int64(state.pointee.avail_in) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if let failure { throw failure }
    if isAtEnd || buffer.isEmpty { return 0 }

    // `avail_out` has 32 bits.
    let space = min(buffer.count, 1 << 30)
    state.pointee.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
    state.pointee.avail_out = UInt32(space)

    do {
      while state.pointee.avail_out > 0, try isReady() {
        let result = inflate(state, Z_NO_FLUSH)
        switch result {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isInMember = false
        default: throw damage(state.pointee.msg.map { String(cString: $0) } ?? "zlib's code \(result)")
        }
      }
    } catch let error as OperationError {
      failure = error
    }

    // An error after some bytes is thrown by the next call.
    let count = space - Int(state.pointee.avail_out)
    if count == 0, let failure { throw failure }
    return count
  }

  /// Makes compressed bytes of a member available; `false` when the last member has ended.
  private func isReady() throws -> Bool {
    while true {
      if state.pointee.avail_in == 0 {
        let count = try input.read(into: compressed)
        readByteCount += Int64(count)
        state.pointee.next_in = compressed.bindMemory(to: UInt8.self).baseAddress
        state.pointee.avail_in = UInt32(count)
        if count == 0 {
          guard !isInMember, readByteCount > 0 else {
            throw OperationError(
              operation: "decompress the file", subject: input.path,
              cause: "it ends early, after \(readByteCount) compressed bytes: get it again", endsEarly: true)
          }
          isAtEnd = true
          return false
        }
      }
      if isInMember { return true }

      // Zeros may follow the last member, and nothing may follow them.
      while state.pointee.avail_in > 0, let next = state.pointee.next_in, next.pointee == 0 {
        hasPadding = true
        state.pointee.next_in = next + 1
        state.pointee.avail_in -= 1
      }
      if state.pointee.avail_in == 0 { continue }

      guard !hasPadding, state.pointee.next_in?.pointee == 0x1F else { throw damage("what follows is not gzip") }
      inflateReset(state)
      isInMember = true
      return true
    }
  }

  private func damage(_ reason: String) -> OperationError {
    OperationError(
      operation: "decompress the file", subject: input.path,
      cause: "it is damaged at about compressed byte \(compressedPosition) (\(reason)): get it again")
  }
}
