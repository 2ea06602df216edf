internal import CZlib

/// Makes zlib streams: compressed where that pays, stored where it does not.
///
/// It is used by one thread at a time.
final class Deflater {
  private let stream: UnsafeMutablePointer<z_stream>
  /// How many further chunks without an uneven distribution of bytes are taken for what the last of them was: incompressible.
  private var trialsToSkip = 0

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // Level 1: outputs are written once and mostly read from the content folder, never from here.
    let code = deflateInit_(stream, 1, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(code == Z_OK, "zlib cannot start: \(code)")
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// How many bytes a stream of `count` bytes takes at most.
  static func bound(_ count: Int) -> Int {
    // 2 bytes of header, 5 a stored block, 4 of checksum (RFC 1950, RFC 1951); deflate keeps below its own bound.
    max(count + 6 + 5 * (count / 65535 + 1), Int(compressBound(UInt(count))))
  }

  /// Writes a stream with these bytes.
  /// - Parameter output: at least ``bound(_:)`` bytes.
  /// - Returns: the stream's length.
  func deflate(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int {
    if bytes.count > 64, seemsCompressible(bytes), let count = compress(bytes, into: output),
      count < bytes.count - bytes.count / 32
    {
      return count
    }
    return Self.store(bytes, into: output)
  }

  private func compress(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
    deflateReset(stream)
    stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
    stream.pointee.avail_in = UInt32(bytes.count)
    stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_out = UInt32(output.count)
    guard CZlib.deflate(stream, Z_FINISH) == Z_STREAM_END else { return nil }
    return Int(stream.pointee.total_out)
  }

  /// Whether a sample says that compression would save something: few different bytes, or a trial that shrinks.
  private func seemsCompressible(_ bytes: UnsafeRawBufferPointer) -> Bool {
    // Of a chunk a part as small as of a longer blob: looking must not cost what it saves.
    let sample = bytes.count > 128 << 10 ? 4096 : bytes.count > 16 << 10 ? 1024 : 512
    guard bytes.count > 4 * sample else { return true }
    // Sums of squares of byte counts: n draws from 256 equally likely values give about n² / 256 + n.
    var squares = 0
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 256) { counts in
      counts.initialize(repeating: 0)
      for part in 0..<4 {
        let start = (bytes.count - sample) / 3 * part
        for byte in bytes[start..<start + sample] { counts[Int(byte)] += 1 }
      }
      for count in counts { squares += Int(count) * Int(count) }
    }
    if squares > 2 * (4 * sample) * (4 * sample) / 256 { return true }
    // Chunks of a file are alike, and starting zlib takes longer than trying it on a thousand bytes.
    if sample < 4096, trialsToSkip > 0 {
      trialsToSkip -= 1
      return false
    }
    let shrinks = withUnsafeTemporaryAllocation(byteCount: Self.bound(sample), alignment: 16) { output in
      (sample == 4096 ? [bytes.count / 3, bytes.count / 3 * 2] : [bytes.count / 2]).contains { start in
        guard let count = compress(UnsafeRawBufferPointer(rebasing: bytes[start..<start + sample]), into: output) else {
          return false
        }
        return count < sample - sample / 16
      }
    }
    trialsToSkip = shrinks ? 0 : 15
    return shrinks
  }

  /// Stored blocks: RFC 1951, §3.2.4.
  static func store(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int {
    output[0] = 0x78
    output[1] = 0x01
    var written = 2
    var start = 0
    repeat {
      let count = min(65535, bytes.count - start)
      output[written] = start + count == bytes.count ? 1 : 0
      output[written + 1] = UInt8(count & 255)
      output[written + 2] = UInt8(count >> 8)
      output[written + 3] = ~UInt8(count & 255)
      output[written + 4] = ~UInt8(count >> 8)
      written += 5
      UnsafeMutableRawBufferPointer(rebasing: output[written..<written + count])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
      written += count
      start += count
    } while start < bytes.count
    let sum = UInt32(truncatingIfNeeded: adler32_z(1, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
    for shift in [24, 16, 8, 0] as [UInt32] {
      output[written] = UInt8(truncatingIfNeeded: sum >> shift)
      written += 1
    }
    return written
  }

  /// CRC-32 of the bytes, as pack indexes hold it.
  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_z(0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
  }

  /// Undoes a stream whose length is known.
  /// - Returns: the bytes; `nil` when the stream is damaged or has another length.
  static func inflate(_ stream: UnsafeRawBufferPointer, count: Int) -> [UInt8]? {
    var length = UInt(count)
    let bytes = [UInt8](unsafeUninitializedCapacity: max(count, 1)) { buffer, initialized in
      let code = uncompress(
        buffer.baseAddress, &length, stream.bindMemory(to: UInt8.self).baseAddress, UInt(stream.count))
      initialized = code == Z_OK && length == UInt(count) ? count : 0
      if code != Z_OK { length = UInt.max }
    }
    return length == UInt(count) ? bytes : nil
  }
}
