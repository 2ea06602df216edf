/// Text as it is matched: a space in front and behind, some punctuation marks set apart by spaces.
///
/// Source: MetaCLIP 2, reference code of the substring matching. Neither case nor Unicode normalisation is touched, and rows of
/// spaces stay.
struct SpacedText {
  /// The spaced text's UTF-8 bytes.
  private(set) var bytes: [UInt8] = []

  /// Each becomes a space, itself and a space: `, . ; : ? !` and the grave accent.
  private static let setApart: [Bool] = {
    var table = [Bool](repeating: false, count: 256)
    for mark in ",.;:?!`".utf8 { table[Int(mark)] = true }
    return table
  }()

  init() { bytes.reserveCapacity(1024) }

  /// Takes another text, keeping the memory.
  mutating func set(_ text: UnsafeBufferPointer<UInt8>) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(32)
    Self.setApart.withUnsafeBufferPointer { setApart in
      for byte in text {
        if setApart[Int(byte)] {
          bytes.append(32)
          bytes.append(byte)
          bytes.append(32)
        } else {
          bytes.append(byte == 9 || byte == 10 || byte == 13 ? 32 : byte)
        }
      }
    }
    bytes.append(32)
  }
}
