/// Text in the form in which it is matched: a space before and after it, some punctuation marks set apart by spaces.
///
/// Source: MetaCLIP 2, reference code of the substring matching. Case and Unicode normalisation stay unchanged, and
/// so do rows of spaces.
struct SpacedText: Sendable {
  /// The properties of a byte: bits 0–1 say how it is changed, the others how entries begin and end with it.
  struct Flags: OptionSet {
    let rawValue: UInt8

    /// It becomes a space: tab, line feed, carriage return.
    static let blank = Flags(rawValue: 1)
    /// It is set apart by spaces: `, . ; : ? !` and the grave accent.
    static let mark = Flags(rawValue: 2)
    /// It does not stay unchanged.
    static let changed: Flags = [.blank, .mark]
    /// An entry that needs a space before it and none after it may begin with it.
    static let beginsAfterSpace = Flags(rawValue: 4)
    /// An entry that needs no space before it may begin with it.
    static let beginsAnywhere = Flags(rawValue: 8)
    /// An entry that needs a space before it and none after it may end with it.
    static let endsAfterSpace = Flags(rawValue: 16)
    /// The flags that an index stores.
    static let ofEntries: Flags = [.beginsAfterSpace, .beginsAnywhere, .endsAfterSpace]

    /// The change of a byte.
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
  /// The number of spaces; there is one word fewer between them.
  private var spaceCount = 0
  /// The union of the flags of all bytes of the text.
  private(set) var seen: Flags = []

  /// Replaces the text, and uses the memory again.
  /// - Parameters:
  ///   - text: the UTF-8 bytes of the text.
  ///   - flags: the flags of each of the 256 bytes.
  mutating func set(_ text: UnsafeBufferPointer<UInt8>, flags: UnsafePointer<Flags>) {
    // At most three bytes for one, a space at each end, and eight more that may be read.
    let needed = text.count * 3 + 10
    if bytes.count < needed {
      bytes = [UInt8](repeating: 0, count: max(1024, needed))
      spaces = [UInt32](repeating: 0, count: bytes.count)
    }

    var end = 1
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
            target[end] = byte
            // Written in any case and counted only for a space: no branch.
            spaces[number] = UInt32(truncatingIfNeeded: end)
            number += byte == 32 ? 1 : 0
            end += 1
          } else if flag.contains(.blank) {
            target[end] = 32
            spaces[number] = UInt32(truncatingIfNeeded: end)
            number += 1
            end += 1
          } else {
            target[end] = 32
            target[end + 1] = byte
            target[end + 2] = 32
            spaces[number] = UInt32(truncatingIfNeeded: end)
            spaces[number + 1] = UInt32(truncatingIfNeeded: end + 2)
            number += 2
            end += 3
          }
        }
        target[end] = 32
        spaces[number] = UInt32(truncatingIfNeeded: end)
      }
    }

    count = end + 1
    spaceCount = number + 1
    self.seen = Flags(rawValue: seen)
  }

  /// Calls `body` with the spaced bytes, after which eight more may be read, and with the positions of the spaces among
  /// them.
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
