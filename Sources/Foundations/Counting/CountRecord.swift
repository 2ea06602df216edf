internal import FileFormats
internal import Glibc

/// A key with its count and its smallest position, in memory of a table: position (8 bytes), count (8), length (4),
/// key.
struct CountRecord {
  let start: UnsafeMutableRawPointer

  private static let headerSize = 20

  /// The distance from one record to the next in bytes, a multiple of 8, for a key of this length.
  static func size(_ length: Int) -> Int { (headerSize + length + 7) & ~7 }

  @inline(__always)
  init(_ start: UnsafeMutableRawPointer) { self.start = start }

  /// Writes a record.
  init(_ start: UnsafeMutableRawPointer, key: UnsafeRawBufferPointer, count: Int, position: UInt64) {
    self.start = start
    start.storeBytes(of: position, as: UInt64.self)
    start.storeBytes(of: count, toByteOffset: 8, as: Int.self)
    start.storeBytes(of: UInt32(key.count), toByteOffset: 16, as: UInt32.self)
    if let bytes = key.baseAddress { memcpy(start + Self.headerSize, bytes, key.count) }
  }

  var position: UInt64 { start.load(as: UInt64.self) }

  var count: Int { start.load(fromByteOffset: 8, as: Int.self) }

  var length: Int { Int(start.load(fromByteOffset: 16, as: UInt32.self)) }

  var key: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start + Self.headerSize, count: length) }

  /// Counts the key again.
  @inline(__always)
  func add(_ more: Int, position: UInt64) {
    if position < self.position { start.storeBytes(of: position, as: UInt64.self) }
    start.storeBytes(of: count + more, toByteOffset: 8, as: Int.self)
  }

  /// True when the key has these bytes.
  @inline(__always)
  func hasKey(_ key: UnsafeRawBufferPointer) -> Bool {
    guard length == key.count else { return false }
    guard let bytes = key.baseAddress else { return true }
    let own = UnsafeRawPointer(start + Self.headerSize)
    let count = key.count
    if count < 8 { return ByteOrder.partialWord(bytes, count) == ByteOrder.partialWord(own, count) }
    if count <= 16 {
      return bytes.loadUnaligned(as: UInt64.self) == own.loadUnaligned(as: UInt64.self)
        && bytes.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
          == own.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    }
    return memcmp(bytes, own, count) == 0
  }
}
