internal import Synchronization

/// An object in a pack: its kind and size in a few bytes, then a zlib stream (gitformat-pack, “pack entry”).
///
/// Made here, since libgit2 makes entries only for objects that its database has already, and hands none out: chunks of
/// a long file are encoded on all cores before they are written, and a consolidation copies entries without unpacking.
enum PackEntry {
  /// An object's kind, its size, and the position of its stream in the entry.
  struct Header {
    /// `nil` for a delta or a tag, which no store writes.
    var kind: ObjectKind?
    /// The size of the object, unpacked.
    var count: Int
    /// The position of the first byte of the stream.
    var start: Int
  }

  /// Deflaters that no thread uses now.
  private static let idle = Mutex<[Idle]>([])
  /// Deflaters of 0.3 MB each that are kept for later.
  private static let idleLimit = 64

  /// Passed from thread to thread through the lock of ``idle``, used by one at a time.
  private struct Idle: @unchecked Sendable { let deflater: Deflater }

  /// The greatest length of the entry of an object of `count` bytes: a size of 64 bits takes ten.
  static func bound(_ count: Int) -> Int { 10 + Deflater.bound(count) }

  /// Writes an object's entry.
  /// - Parameter output: at least ``bound(_:)`` bytes.
  /// - Returns: the entry's length.
  static func encode(
    _ kind: ObjectKind, _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    let header = encodeHeader(kind, bytes.count, into: output)
    let held = idle.withLock { $0.popLast() } ?? Idle(deflater: Deflater())
    defer { idle.withLock { if $0.count < idleLimit { $0.append(held) } } }
    return header + held.deflater.deflate(bytes, into: UnsafeMutableRawBufferPointer(rebasing: output[header...]))
  }

  /// An object's entry.
  static func encode(_ kind: ObjectKind, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: bound(bytes.count)) { buffer, count in
      count = encode(kind, bytes, into: UnsafeMutableRawBufferPointer(buffer))
    }
  }

  private static func encodeHeader(
    _ kind: ObjectKind, _ count: Int, into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    var rest = count >> 4
    var byte = kind.rawValue << 4 | UInt8(count & 15)
    var written = 0
    while rest > 0 {
      output[written] = byte | 0x80
      byte = UInt8(rest & 0x7f)
      rest >>= 7
      written += 1
    }
    output[written] = byte
    return written + 1
  }

  /// The header of an entry; `nil` when the bytes are no entry.
  static func decodeHeader(_ entry: UnsafeRawBufferPointer) -> Header? {
    guard let first = entry.first else { return nil }
    var count = Int(first & 15)
    var shift = 4
    var position = 0
    while entry[position] & 0x80 != 0 {
      position += 1
      guard position < entry.count, shift < 56 else { return nil }
      count |= Int(entry[position] & 0x7f) << shift
      shift += 7
    }
    return Header(kind: ObjectKind(rawValue: first >> 4 & 7), count: count, start: position + 1)
  }

  /// The object in an entry; `nil` when it is a delta or damaged.
  static func decode(_ entry: UnsafeRawBufferPointer) -> (kind: ObjectKind, bytes: [UInt8])? {
    guard let header = decodeHeader(entry), let kind = header.kind,
      let bytes = Deflater.inflate(UnsafeRawBufferPointer(rebasing: entry[header.start...]), count: header.count)
    else { return nil }
    return (kind, bytes)
  }
}
