/// Text as it is matched: a space in front and behind, some punctuation marks set apart by spaces.
///
/// Source: MetaCLIP 2, reference code of the substring matching. Neither case nor Unicode normalisation is touched, and rows of
/// spaces stay.
struct SpacedText: Sendable {
  /// What is known of a byte: bits 0–1 what becomes of it, the others for whoever searches the text.
  struct Flags: OptionSet {
    let rawValue: UInt8

    /// It becomes a space: tab, line feed, carriage return.
    static let blank = Flags(rawValue: 1)
    /// It is set apart by spaces: `, . ; : ? !` and the grave accent.
    static let mark = Flags(rawValue: 2)
    static let changed: Flags = [.blank, .mark]
    /// An entry that needs a space before it and none behind it may begin with it.
    static let beginsAfterSpace = Flags(rawValue: 4)
    /// An entry that needs no space before it may begin with it.
    static let beginsAnywhere = Flags(rawValue: 8)
    /// An entry that needs a space before it and none behind it may end with it.
    static let endsAfterSpace = Flags(rawValue: 16)
    /// Those that an index knows.
    static let ofEntries: Flags = [.beginsAfterSpace, .beginsAnywhere, .endsAfterSpace]

    /// What becomes of a byte.
    static func change(of byte: UInt8) -> Flags {
      switch byte {
      case 9, 10, 13: .blank
      case 0x2C, 0x2E, 0x3B, 0x3A, 0x3F, 0x21, 0x60: .mark
      default: []
      }
    }
  }

  private var bytes: [UInt8] = []
  private var count = 0
  private var spaces: [UInt32] = []
  /// How many spaces there are; the words between them are one fewer.
  private var spaceCount = 0
  /// The flags of all bytes of the text together.
  private(set) var seen: Flags = []

  /// Takes another text, keeping the memory.
  /// - Parameter flags: 256 of them, by byte.
  mutating func set(_ text: UnsafeBufferPointer<UInt8>, flags: UnsafePointer<Flags>) {
    // At most three bytes for one, a space at each end, and eight more that may be read.
    let needed = text.count * 3 + 10
    if bytes.count < needed {
      bytes = [UInt8](repeating: 0, count: max(1024, needed))
      spaces = [UInt32](repeating: 0, count: bytes.count)
    }
    var place = 1
    var number = 1
    var seen: UInt8 = 0
    bytes.withUnsafeMutableBufferPointer { target in
      spaces.withUnsafeMutableBufferPointer { spaces in
        target[0] = 32
        spaces[0] = 0
        for byte in text {
          let flag = flags[Int(byte)]
          seen |= flag.rawValue
          if flag.isDisjoint(with: .changed) {
            target[place] = byte
            spaces[number] = UInt32(truncatingIfNeeded: place)
            number += byte == 32 ? 1 : 0
            place += 1
          } else if flag.contains(.blank) {
            target[place] = 32
            spaces[number] = UInt32(truncatingIfNeeded: place)
            number += 1
            place += 1
          } else {
            target[place] = 32
            target[place + 1] = byte
            target[place + 2] = 32
            spaces[number] = UInt32(truncatingIfNeeded: place)
            spaces[number + 1] = UInt32(truncatingIfNeeded: place + 2)
            number += 2
            place += 3
          }
        }
        target[place] = 32
        spaces[number] = UInt32(truncatingIfNeeded: place)
      }
    }
    count = place + 1
    spaceCount = number + 1
    self.seen = Flags(rawValue: seen)
  }

  /// Lends the spaced bytes, of which eight more may be read behind them, and the positions of the spaces among them.
  @inline(__always)
  func withBytes(_ body: (UnsafeBufferPointer<UInt8>, _ spaces: UnsafeBufferPointer<UInt32>) -> Void) {
    bytes.withUnsafeBufferPointer { bytes in
      spaces.withUnsafeBufferPointer { spaces in
        body(
          UnsafeBufferPointer(rebasing: bytes[..<count]), UnsafeBufferPointer(rebasing: spaces[..<spaceCount]))
      }
    }
  }
}
