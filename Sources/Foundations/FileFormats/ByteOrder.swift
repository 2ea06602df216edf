internal import Glibc

/// The order of byte strings: by unsigned bytes, a prefix first. For UTF-8 it is the order of code points.
package enum ByteOrder {
  /// The first eight bytes, with zeros after a shorter string, as a number of the same order.
  @inline(__always)
  package static func prefix(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    guard bytes.count < 8 else { return UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)) }
    var word: UInt64 = 0
    for byte in bytes { word = word << 8 | UInt64(byte) }
    return bytes.isEmpty ? 0 : word << UInt64(8 * (8 - bytes.count))
  }

  /// True when `left` comes before `right`.
  package static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    if let first = left.baseAddress, let second = right.baseAddress {
      let order = memcmp(first, second, min(left.count, right.count))
      if order != 0 { return order < 0 }
    }
    return left.count < right.count
  }

  /// True when both have the same bytes.
  package static func isEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard let first = left.baseAddress, let second = right.baseAddress else { return true }
    return memcmp(first, second, left.count) == 0
  }

  /// Fewer than eight bytes as one word; of the same count, different bytes give different words.
  @inline(__always)
  package static func partialWord(_ start: UnsafeRawPointer, _ count: Int) -> UInt64 {
    if count >= 4 {
      return UInt64(start.loadUnaligned(as: UInt32.self)) << 32
        | UInt64(start.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
    }
    if count == 0 { return 0 }
    return UInt64(start.load(as: UInt8.self)) << 16 | UInt64(start.load(fromByteOffset: count / 2, as: UInt8.self)) << 8
      | UInt64(start.load(fromByteOffset: count - 1, as: UInt8.self))
  }
}
