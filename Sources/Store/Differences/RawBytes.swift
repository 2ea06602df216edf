internal import FileFormats

extension UnsafeRawBufferPointer {
  /// True when both have the same bytes.
  func hasBytes(of other: UnsafeRawBufferPointer) -> Bool { ByteOrder.isEqual(self, other) }

  /// The first position at which the two differ, the end of the shorter one included; `nil` when they are equal.
  func firstDifference(from other: UnsafeRawBufferPointer) -> Int? {
    let shared = Swift.min(count, other.count)
    var position = 0
    while position < shared {
      let size = Swift.min(1 << 20, shared - position)
      let mine = UnsafeRawBufferPointer(rebasing: self[position..<position + size])
      let others = UnsafeRawBufferPointer(rebasing: other[position..<position + size])
      if !mine.hasBytes(of: others) {
        return position + (zip(mine, others).enumerated().first { $1.0 != $1.1 }?.offset ?? 0)
      }
      position += size
    }
    return count == other.count ? nil : shared
  }

  /// The bytes as text; `nil` when they are not UTF-8.
  var validText: String? { String(validating: self, as: UTF8.self) }

  /// The first bytes as text for a message or a cell; bytes that are not UTF-8 become U+FFFD.
  var beginning: String { String(decoding: prefix(400), as: UTF8.self) }
}
