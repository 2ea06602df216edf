internal import CZlib

/// Makes zlib streams: compressed where that pays, stored where it does not.
///
/// libgit2 compresses every object of a pack, at one level and with a search for deltas; most long outputs are
/// compressed or random already, so a sample decides here. One thread at a time uses a deflater.
final class Deflater {
  /// zlib's fastest level: outputs are written once and mostly read from the content folder, never from here.
  private static let fastest: Int32 = 1
  /// zlib's level of stored blocks.
  private static let stored: Int32 = 0
  /// Number of chunks that take the verdict of the last trial: chunks of a file are alike, and starting zlib takes
  /// longer than trying it on a thousand bytes.
  private static let trialInterval = 15

  private let stream: UnsafeMutablePointer<z_stream>
  /// The number of further chunks of evenly distributed bytes that count as incompressible without a trial.
  private var trialsToSkip = 0

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let code = deflateInit_(stream, Self.fastest, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(code == Z_OK, "zlib cannot start: \(code)")
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// The greatest length of a stream of `count` bytes, compressed or stored.
  static func bound(_ count: Int) -> Int { Int(compressBound(UInt(count))) }

  /// Writes a stream with these bytes.
  /// - Parameter output: at least ``bound(_:)`` bytes.
  /// - Returns: the stream's length.
  func deflate(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int {
    // Less than a thirty-second saved is not worth the time of reading.
    if bytes.count > 64, seemsCompressible(bytes),
      let count = write(bytes, into: output, level: Self.fastest), count < bytes.count - bytes.count / 32
    {
      return count
    }

    guard let count = write(bytes, into: output, level: Self.stored) else {
      preconditionFailure("zlib's bound for \(bytes.count) bytes holds")
    }
    return count
  }

  /// Writes a stream of one level.
  /// - Returns: the stream's length; `nil` when it does not fit.
  private func write(
    _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, level: Int32
  ) -> Int? {
    deflateReset(stream)
    deflateParams(stream, level, Z_DEFAULT_STRATEGY)

    stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
    stream.pointee.avail_in = UInt32(bytes.count)
    stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_out = UInt32(output.count)
    guard CZlib.deflate(stream, Z_FINISH) == Z_STREAM_END else { return nil }
    return Int(stream.pointee.total_out)
  }

  /// True when a sample says that compression would save something: few different bytes, or a trial that shrinks.
  private func seemsCompressible(_ bytes: UnsafeRawBufferPointer) -> Bool {
    // Of a chunk a part as small as of a longer blob: looking must not cost what it saves.
    let sample = bytes.count > 128 << 10 ? 4096 : bytes.count > 16 << 10 ? 1024 : 512
    guard bytes.count > 4 * sample else { return true }

    if isUneven(bytes, sample: sample) { return true }
    let isChunk = sample < 4096
    if isChunk, trialsToSkip > 0 {
      trialsToSkip -= 1
      return false
    }

    let starts = isChunk ? [bytes.count / 2] : [bytes.count / 3, bytes.count / 3 * 2]
    let shrinks = shrinks(bytes, sample: sample, starts: starts)
    trialsToSkip = shrinks ? 0 : Self.trialInterval
    return shrinks
  }

  /// True when some bytes are much more frequent than others in four samples.
  private func isUneven(_ bytes: UnsafeRawBufferPointer, sample: Int) -> Bool {
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
    return squares > 2 * (4 * sample) * (4 * sample) / 256
  }

  /// True when one of the samples gets a sixteenth shorter.
  private func shrinks(_ bytes: UnsafeRawBufferPointer, sample: Int, starts: [Int]) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: Self.bound(sample), alignment: 16) { output in
      starts.contains { start in
        let part = UnsafeRawBufferPointer(rebasing: bytes[start..<start + sample])
        guard let count = write(part, into: output, level: Self.fastest) else { return false }
        return count < sample - sample / 16
      }
    }
  }

  /// The CRC-32 of the bytes, as pack indexes have it.
  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_z(0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
  }

  /// Unpacks a stream of known content length.
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
