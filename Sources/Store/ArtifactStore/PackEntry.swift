internal import Crypto
internal import Synchronization

/// The kinds of git objects that a store writes.
enum ObjectKind: UInt8, Sendable {
  case commit = 1
  case tree = 2
  case blob = 3

  var name: String {
    switch self {
    case .commit: "commit"
    case .tree: "tree"
    case .blob: "blob"
    }
  }
}

extension ObjectID {
  /// The name of an object with these bytes.
  init(_ kind: ObjectKind, _ bytes: UnsafeRawBufferPointer) {
    var hash = Insecure.SHA1()
    var header = "\(kind.name) \(bytes.count)\0"
    header.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
    hash.update(bufferPointer: bytes)
    self = hash.finalize().withUnsafeBytes { ObjectID(raw: $0) }
  }
}

/// How an object stands in a pack: its kind and size in a few bytes, then a zlib stream (gitformat-pack, “pack entry”).
enum PackEntry {
  /// Deflaters that no thread uses now.
  private static let idle = Mutex<[Idle]>([])

  /// Passed from thread to thread through the lock of ``idle``, used by one at a time.
  private struct Idle: @unchecked Sendable { let deflater: Deflater }

  /// How many bytes the entry of an object of `count` bytes takes at most.
  static func bound(_ count: Int) -> Int { 10 + Deflater.bound(count) }

  /// - Parameter output: at least ``bound(_:)`` bytes.
  /// - Returns: the entry's length.
  static func encode(_ kind: ObjectKind, _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer)
    -> Int
  {
    let header = encodeHeader(kind, bytes.count, into: output)
    let held = idle.withLock { $0.popLast() } ?? Idle(deflater: Deflater())
    defer { idle.withLock { if $0.count < 64 { $0.append(held) } } }
    return header + held.deflater.deflate(bytes, into: UnsafeMutableRawBufferPointer(rebasing: output[header...]))
  }

  static func encode(_ kind: ObjectKind, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: bound(bytes.count)) { buffer, count in
      count = encode(kind, bytes, into: UnsafeMutableRawBufferPointer(buffer))
    }
  }

  private static func encodeHeader(_ kind: ObjectKind, _ count: Int, into output: UnsafeMutableRawBufferPointer) -> Int
  {
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

  /// The kind (`nil` for a delta), the object's size, and where the stream starts; `nil` when the bytes are no entry.
  static func decodeHeader(_ entry: UnsafeRawBufferPointer) -> (kind: ObjectKind?, count: Int, start: Int)? {
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
    return (ObjectKind(rawValue: first >> 4 & 7), count, position + 1)
  }

  /// The object in an entry; `nil` when it is a delta or damaged.
  static func decode(_ entry: UnsafeRawBufferPointer) -> (kind: ObjectKind, bytes: [UInt8])? {
    guard let (kind, count, start) = decodeHeader(entry), let kind,
      let bytes = Deflater.inflate(UnsafeRawBufferPointer(rebasing: entry[start...]), count: count)
    else { return nil }
    return (kind, bytes)
  }
}
