/// Content-defined chunking: splits a long file so that versions of it share most chunks.
///
/// FastCDC with normalised chunking (Xia et al., “FastCDC: a Fast and Efficient Content-Defined Chunking Approach for
/// Data Deduplication”, USENIX ATC 2016; levels of normalisation, §4.2): a gear hash `h ← 2h + gear[byte]` starts after
/// the minimum size; a chunk ends after the byte with which the hash's top 16 bits are zero, from the average size its
/// top 12 bits. The top bits depend on the last 64 bytes only, so that boundaries come back after a change.
///
/// Small chunks, since a version adds its edits and the chunks that they begin and end in: a hundred versions of a file
/// with 25 edits of 40 KB each took three and a half times as much with chunks sixteen times as long. A chunk costs 36
/// bytes in each version that has it.
///
/// These numbers and the table decide which chunks exist: changing any of them makes every stored file new, and older
/// ones stay readable.
enum Chunking {
  /// Every chunk but a file's last has at least 4 KiB.
  static let minimum = 4 << 10
  /// The size from which boundaries are sixteen times as likely: 16 KiB.
  static let average = 16 << 10
  /// The greatest size of a chunk: 64 KiB.
  static let maximum = 64 << 10
  /// The greatest size of a file that stays one blob: 1 MiB. No blob in a store is longer, nor is a chunk of an older
  /// store.
  static let limit = 1 << 20

  private static let rareMask: UInt64 = ~0 << 48
  private static let usualMask: UInt64 = ~0 << 52

  /// 256 values of SplitMix64 (Steele, Lea and Flood, “Fast splittable pseudorandom number generators”, OOPSLA 2014)
  /// from the seed `0x636f6c6f70686f6e`, which is `colophon` in ASCII.
  static let gear: [UInt64] = {
    var state: UInt64 = 0x636f_6c6f_7068_6f6e
    return (0..<256).map { _ in
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
      return mixed ^ mixed >> 31
    }
  }()

  /// The length of the first chunk.
  /// - Parameter bytes: at least ``maximum`` bytes, or all that are left of the file.
  static func firstLength(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard bytes.count > minimum, let start = bytes.baseAddress else { return bytes.count }
    let end = min(bytes.count, maximum)
    return gear.withUnsafeBufferPointer { gear in
      guard let gear = gear.baseAddress else { return end }
      var hash: UInt64 = 0
      var position = minimum

      // Two loops instead of one with a condition: every byte that is stored goes through here.
      let turn = min(average, end)
      while position < turn {
        hash = hash << 1 &+ gear[Int(start.load(fromByteOffset: position, as: UInt8.self))]
        position += 1
        if hash & rareMask == 0 { return position }
      }
      while position < end {
        hash = hash << 1 &+ gear[Int(start.load(fromByteOffset: position, as: UInt8.self))]
        position += 1
        if hash & usualMask == 0 { return position }
      }
      return end
    }
  }

  /// The name of a chunk in its folder: eight digits, so that a shell's `*` gives them in order.
  static func name(_ position: Int) -> String {
    let digits = String(position)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }
}
