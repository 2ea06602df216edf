/// Random numbers that depend on a seed and a key alone: never on how many were drawn before, in which order or on which thread.
///
/// The key is hashed with SipHash-2-4. Source: Aumasson, Bernstein, “SipHash: a fast short-input PRF”, 2012.
package struct KeyedDraw: Sendable {
  private let key: (UInt64, UInt64)

  /// - Parameters:
  ///   - seed: the experiment's.
  ///   - purpose: what is drawn; different purposes give independent numbers.
  package init(seed: UInt64, purpose: UInt64) { key = (seed, purpose) }

  /// 64 evenly distributed bits for a text and a number.
  package func bits(_ text: String, _ number: Int) -> UInt64 {
    var text = text
    return text.withUTF8 { Self.sipHash(UnsafeRawBufferPointer($0), number: UInt64(bitPattern: Int64(number)), key) }
  }

  /// A number in 0..<1 with 53 random bits.
  package func unit(_ text: String, _ number: Int) -> Double { Double(bits(text, number) >> 11) * 0x1p-53 }

  /// SipHash-2-4 of the bytes, with the number's eight bytes before them when there is one.
  package static func sipHash(_ bytes: UnsafeRawBufferPointer, number: UInt64? = nil, _ key: (UInt64, UInt64)) -> UInt64
  {
    var v = (
      key.0 ^ 0x736f_6d65_7073_6575, key.1 ^ 0x646f_7261_6e64_6f6d, key.0 ^ 0x6c79_6765_6e65_7261,
      key.1 ^ 0x7465_6462_7974_6573
    )
    func round() {
      v.0 &+= v.1
      v.1 = rotate(v.1, 13) ^ v.0
      v.0 = rotate(v.0, 32)
      v.2 &+= v.3
      v.3 = rotate(v.3, 16) ^ v.2
      v.0 &+= v.3
      v.3 = rotate(v.3, 21) ^ v.0
      v.2 &+= v.1
      v.1 = rotate(v.1, 17) ^ v.2
      v.2 = rotate(v.2, 32)
    }
    func take(_ word: UInt64) {
      v.3 ^= word
      round()
      round()
      v.0 ^= word
    }
    var count = bytes.count
    if let number {
      // Put first, so that it stays aligned: the key of a draw is the pair (number, text).
      take(number)
      count += 8
    }
    var offset = 0
    while offset + 8 <= bytes.count {
      take(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      offset += 8
    }
    var last = UInt64(count & 255) << 56
    for index in offset..<bytes.count { last |= UInt64(bytes[index]) << (8 * UInt64(index - offset)) }
    take(last)
    v.2 ^= 0xFF
    for _ in 0..<4 { round() }
    return v.0 ^ v.1 ^ v.2 ^ v.3
  }

  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
}
