/// Text as it is matched: a space in front and behind, some punctuation marks set apart by spaces.
///
/// Source: MetaCLIP 2, reference code of the substring matching. Neither case nor Unicode normalisation is touched, and rows of
/// spaces stay.
struct SpacedText: Sendable {
  private var bytes: [UInt8] = []
  private var count = 0

  /// What becomes of a byte: 0 stays, 1 becomes a space, 2 is set apart (`, . ; : ? !` and the grave accent).
  private static let classes: [UInt8] = {
    var table = [UInt8](repeating: 0, count: 256)
    for mark in ",.;:?!`".utf8 { table[Int(mark)] = 2 }
    for space: UInt8 in [9, 10, 13] { table[Int(space)] = 1 }
    return table
  }()

  /// Takes another text, keeping the memory.
  mutating func set(_ text: UnsafeBufferPointer<UInt8>) {
    // At most three bytes for one, a space at each end, and eight more that may be read.
    let needed = text.count * 3 + 10
    if bytes.count < needed { bytes = [UInt8](repeating: 0, count: max(1024, needed)) }
    count = bytes.withUnsafeMutableBufferPointer { target in
      Self.classes.withUnsafeBufferPointer { classes in
        target[0] = 32
        var place = 1
        for byte in text {
          let kind = classes[Int(byte)]
          if kind == 2 {
            target[place] = 32
            target[place + 1] = byte
            target[place + 2] = 32
            place += 3
          } else {
            target[place] = kind == 0 ? byte : 32
            place += 1
          }
        }
        target[place] = 32
        return place + 1
      }
    }
  }

  /// Lends the spaced bytes; eight more may be read behind them.
  @inline(__always)
  func withBytes(_ body: (UnsafePointer<UInt8>, Int) -> Void) {
    bytes.withUnsafeBufferPointer { buffer in
      if let start = buffer.baseAddress { body(start, count) }
    }
  }
}
