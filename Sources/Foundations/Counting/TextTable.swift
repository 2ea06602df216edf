internal import FileFormats
internal import Glibc

/// Texts numbered in the order in which they were first inserted, distinguished by their UTF-8 bytes.
///
/// Swift's own `String` treats precomposed and decomposed letters as equal, which metadata must not.
///
/// Only one thread may insert texts. When no text is inserted any more, several threads may call ``find(_:)``.
package struct TextTable {
  private var arena: [UInt8] = []
  private var ends: [Int] = []
  private var hashes: [UInt32] = []
  /// Position + 1 of a text, 0 for an empty slot; a power of two of them, at most half of them full.
  private var slots = [UInt32](repeating: 0, count: 64)

  /// A table without texts.
  package init() {}

  /// The number of texts.
  package var count: Int { ends.count }

  /// The number of a text, from 0; a new text gets the next number.
  /// - Parameter text: its UTF-8 bytes.
  package mutating func insert(_ text: UnsafeRawBufferPointer) -> (number: Int, isNew: Bool) {
    let hash = Self.hash(text)
    let slot = slot(of: text, hash)
    if slots[slot] != 0 { return (Int(slots[slot]) - 1, false) }
    arena.append(contentsOf: text)
    ends.append(arena.count)
    hashes.append(UInt32(truncatingIfNeeded: hash))
    slots[slot] = UInt32(ends.count)
    if ends.count * 2 > slots.count { grow() }
    return (ends.count - 1, true)
  }

  /// The number of a text, from 0; a new text gets the next number.
  @discardableResult
  package mutating func insert(_ text: String) -> (number: Int, isNew: Bool) {
    var text = text
    return text.withUTF8 { insert(UnsafeRawBufferPointer($0)) }
  }

  /// The number of a text; `nil` when it was never inserted.
  package func find(_ text: UnsafeRawBufferPointer) -> Int? {
    let slot = slot(of: text, Self.hash(text))
    return slots[slot] == 0 ? nil : Int(slots[slot]) - 1
  }

  /// The text of a number.
  package subscript(number: Int) -> String {
    String(decoding: arena[(number == 0 ? 0 : ends[number - 1])..<ends[number]], as: UTF8.self)
  }

  private func slot(of text: UnsafeRawBufferPointer, _ hash: UInt64) -> Int {
    let mask = slots.count - 1
    let short = UInt32(truncatingIfNeeded: hash)
    return slots.withUnsafeBufferPointer { slots in
      var slot = Int(truncatingIfNeeded: hash >> 32) & mask
      while slots[slot] != 0 {
        let number = Int(slots[slot]) - 1
        if hashes[number] == short, isEqual(number, text) { return slot }
        slot = (slot + 1) & mask
      }
      return slot
    }
  }

  private func isEqual(_ number: Int, _ text: UnsafeRawBufferPointer) -> Bool {
    let start = number == 0 ? 0 : ends[number - 1]
    guard ends[number] - start == text.count else { return false }
    guard let other = text.baseAddress else { return true }
    return arena.withUnsafeBytes { $0.baseAddress.map { memcmp($0 + start, other, text.count) == 0 } ?? true }
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    let mask = slots.count - 1
    arena.withUnsafeBytes { bytes in
      for number in ends.indices {
        let start = number == 0 ? 0 : ends[number - 1]
        let hash = Self.hash(UnsafeRawBufferPointer(rebasing: bytes[start..<ends[number]]))
        var slot = Int(truncatingIfNeeded: hash >> 32) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = UInt32(number + 1)
      }
    }
  }

  /// A hash of the bytes, only for tables in memory, never stored: each eight bytes are multiplied into 128 bits, whose
  /// halves are folded, as in wyhash (Wang Yi).
  @inline(__always)
  static func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
    var hash = UInt64(truncatingIfNeeded: text.count) &* 0x9E37_79B9_7F4A_7C15
    guard let start = text.baseAddress else { return fold(hash, 0xA076_1D64_78BD_642F) }
    if text.count < 8 { return fold(hash ^ ByteOrder.partialWord(start, text.count), 0xA076_1D64_78BD_642F) }
    var offset = 0
    while offset + 8 < text.count {
      hash = fold(hash ^ start.loadUnaligned(fromByteOffset: offset, as: UInt64.self), 0xD6E8_FEB8_6659_FD93)
      offset += 8
    }
    return fold(hash ^ start.loadUnaligned(fromByteOffset: text.count - 8, as: UInt64.self), 0xA076_1D64_78BD_642F)
  }

  @inline(__always)
  private static func fold(_ value: UInt64, _ factor: UInt64) -> UInt64 {
    let (high, low) = value.multipliedFullWidth(by: factor)
    return high ^ low
  }
}
