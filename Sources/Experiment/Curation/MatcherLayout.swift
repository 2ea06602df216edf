internal import ArtifactTypes
internal import Core

/// A slot of one of the matcher's hash tables, of 16 bytes, so that a look-up touches one cache line.
struct MatcherSlot {
  /// A word's ``WordKey``, or `state << 32 | symbol` of a trie's edge.
  var key: UInt64
  /// The offset of the word's bytes + 1, or the state that the edge leads to; 0 in an empty slot.
  var target: UInt32
  /// The properties of the word or of that state.
  var info: MatcherInfo

  static let empty = MatcherSlot(key: 0, target: 0, info: MatcherInfo(bits: 0))
}

/// The properties of a state. Bits 0–26 are the number + 1 of the entry that ends there; 27–30 are a word's tag, or
/// bit 30 is set when the entry needs a space after it; 31 is set when other states follow.
struct MatcherInfo {
  var bits: UInt32

  /// The most entries of one index.
  static let entryLimit = 1 << 27 - 1

  /// The entry's number + 1; 0 for none.
  var entry: UInt32 {
    get { bits & 0x07FF_FFFF }
    set { bits = bits & 0xF800_0000 | newValue }
  }

  /// A word's length when it is at most 8 bytes, 9 when it is longer.
  var tag: UInt32 {
    get { bits >> 27 & 15 }
    set { bits = bits & 0x87FF_FFFF | newValue << 27 }
  }

  /// True when the entry that ends here counts only before a space.
  var needsSpace: Bool {
    get { bits & 1 << 30 != 0 }
    set { bits = newValue ? bits | 1 << 30 : bits & ~(1 << 30) }
  }

  /// True when longer entries have this beginning.
  var hasChildren: Bool {
    get { bits & 1 << 31 != 0 }
    set { bits = newValue ? bits | 1 << 31 : bits & ~(1 << 31) }
  }
}

/// A filter of a table's edges: a power of two of bits, at least 64, in 64-bit little-endian words. The bit whose
/// number is in the uppermost bits of an edge's hash is 1; about seven in eight of the others are 0.
enum MatcherFilter {
  /// The number of low bits of a hash that are dropped to get the position of its bit.
  static func shift(words: Int) -> Int { 64 - 6 - words.trailingZeroBitCount }

  /// The filter of a table's edges.
  static func make(_ slots: [MatcherSlot]) -> [UInt64] {
    var count = 1
    while count * 64 < slots.count * 4 { count *= 2 }
    var words = [UInt64](repeating: 0, count: count)
    for slot in slots where slot.target != 0 {
      let bit = UInt(bitPattern: MatcherHash.slot(slot.key)) >> shift(words: count)
      words[Int(bitPattern: bit >> 6)] |= 1 << UInt64(bit & 63)
    }
    return words.map(\.littleEndian)
  }
}

/// The hashes of the matcher's tables. They are stored: changing one changes the format.
enum MatcherHash {
  /// The key by which a word is looked up: its bytes when there are at most 8 of them, a hash of them otherwise.
  /// - Parameters:
  ///   - start: the word's bytes; 8 bytes must be readable at its end.
  ///   - count: the number of its bytes.
  @inline(__always)
  static func wordKey(_ start: UnsafePointer<UInt8>, _ count: Int) -> (key: UInt64, tag: UInt32) {
    let raw = UnsafeRawPointer(start)
    if count <= 8 {
      let bytes = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
      return (count == 0 ? 0 : bytes & (.max >> (64 - 8 * UInt64(count))), UInt32(count))
    }

    var hash = UInt64(count) &* 0x9E37_79B9_7F4A_7C15
    var offset = 0
    while offset + 8 <= count {
      hash = fold(
        hash ^ UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)), 0xD6E8_FEB8_6659_FD93)
      offset += 8
    }
    // The last eight bytes, some of them for the second time.
    hash = fold(
      hash ^ UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)), 0xA076_1D64_78BD_642F)
    return (hash, 9)
  }

  /// The slot at which the search for a key begins, before it is masked.
  @inline(__always)
  static func slot(_ key: UInt64, _ tag: UInt32 = 0) -> Int {
    Int(truncatingIfNeeded: fold(key &+ UInt64(tag), 0x9E37_79B9_7F4A_7C15))
  }

  @inline(__always)
  static func edgeKey(_ state: UInt32, _ symbol: UInt32) -> UInt64 { UInt64(state) << 32 | UInt64(symbol) }

  @inline(__always)
  private static func fold(_ value: UInt64, _ factor: UInt64) -> UInt64 {
    let (high, low) = value.multipliedFullWidth(by: factor)
    return high ^ low
  }
}

/// The positions of the parts of a compiled index in its bytes.
///
/// An index has 16 bytes `colophon-index-2`, then for each part, in the order of ``Part``, its offset and its size in
/// bytes, 64-bit little-endian, then the parts, each aligned to 64 bytes.
struct MatcherLayout {
  /// The parts in order.
  enum Part: Int, CaseIterable {
    /// `UInt32` offsets of the entries' bytes, in the order of their bytes, and their end.
    case entryStarts
    case entryBytes
    /// The words, in no order, a space after each.
    case wordBytes
    /// Hash tables of ``MatcherSlot``s, a power of two of them.
    case words, wordEdges, pointEdges
    /// ``MatcherFilter``s of the edges.
    case wordFilter, pointFilter
    /// 256 bytes: for each byte the ``SpacedText/Flags`` of the code-point entries that begin or end with it.
    case flags
  }

  static let magic = Array("colophon-index-2".utf8)
  static let headerSize = magic.count + Part.allCases.count * 16

  private let ranges: [Range<Int>]

  /// Reads the positions from an index.
  /// - Throws: ``OperationError`` when the bytes are no index, or a damaged one.
  init(_ bytes: UnsafeRawBufferPointer, name: String) throws {
    func fault(_ cause: String) -> OperationError {
      OperationError(
        operation: "open a concept index", subject: name, cause: cause + "; run the stage that made it again")
    }
    guard bytes.count >= Self.headerSize, bytes.prefix(Self.magic.count).elementsEqual(Self.magic) else {
      throw fault("it is no concept index of this version")
    }

    ranges = try Part.allCases.map { part in
      let position = Self.magic.count + part.rawValue * 16
      let offset = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let size = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self))
      guard offset <= UInt64(bytes.count), size <= UInt64(bytes.count) - offset, offset.isMultiple(of: 64) else {
        throw fault("its part \(part) is outside of it")
      }
      return Int(offset)..<Int(offset + size)
    }
  }

  subscript(part: Part) -> Range<Int> { ranges[part.rawValue] }

  /// The bytes of an index with these parts, which are in the order of ``Part``.
  static func assemble(_ parts: [[UInt8]]) -> [UInt8] {
    var bytes = magic
    var offset = (headerSize + 63) / 64 * 64
    for part in parts {
      for value in [UInt64(offset), UInt64(part.count)] {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
      }
      offset = (offset + part.count + 63) / 64 * 64
    }
    bytes.reserveCapacity(offset)
    for part in parts {
      bytes.append(contentsOf: repeatElement(0, count: (bytes.count + 63) / 64 * 64 - bytes.count))
      bytes.append(contentsOf: part)
    }
    return bytes
  }
}
