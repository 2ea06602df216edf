/// The purposes of a ``KeyedDraw``: with one seed, each has random numbers of its own.
///
/// A value is a word in ASCII, given with each case. Stored results depend on the values, so that they never change.
package enum DrawPurpose: UInt64, Sendable {
  /// Texts that balanced sampling keeps: `keep`.
  case keptTexts = 0x6b65_6570
  /// The one text of a pair that balanced sampling draws for: `pick`.
  case pickedTexts = 0x7069_636b
  /// Texts that are held out from the training of a language identifier: `held`.
  case heldOutTexts = 0x6865_6c64
  /// Texts of a language that has more than its limit: `limi`.
  case limitedTexts = 0x6c69_6d69
  /// The order of the lines that a language identifier is trained on: `orde`.
  case lineOrder = 0x6f72_6465
  /// Weights of random projections: `sign`.
  case signProjections = 0x7369_676e
  /// Pictures that a linear probe is fitted to and tested on: `linprobe`.
  case linearProbe = 0x6c69_6e70_726f_6265
  /// Pictures of each class that a few-shot classifier is fitted to: `fewshots`.
  case fewShots = 0x6665_7773_686f_7473
}

/// Random numbers that depend only on a seed and a key: never on the number, the order or the threads of other draws.
///
/// The key is hashed with SipHash-2-4. Source: Aumasson, Bernstein, “SipHash: a fast short-input PRF”, 2012.
package struct KeyedDraw: Sendable {
  private let key: (UInt64, UInt64)

  /// The random numbers of one purpose.
  /// - Parameters:
  ///   - seed: the seed of the experiment.
  ///   - purpose: the purpose of the draws; different purposes give independent numbers.
  package init(seed: UInt64, purpose: DrawPurpose) { key = (seed, purpose.rawValue) }

  /// The random numbers of one purpose.
  /// - Parameters:
  ///   - seed: the seed of the experiment, as a stage's property has it.
  ///   - purpose: the purpose of the draws; different purposes give independent numbers.
  package init(seed: Int, purpose: DrawPurpose) { self.init(seed: UInt64(bitPattern: Int64(seed)), purpose: purpose) }

  /// 64 evenly distributed bits for a text and a number.
  package func bits(_ text: String, _ number: Int) -> UInt64 {
    var text = text
    return text.withUTF8 {
      Self.sipHash(UnsafeRawBufferPointer($0), number: UInt64(bitPattern: Int64(number)), key: key)
    }
  }

  /// A number in 0..<1 with 53 random bits.
  /// - Parameters:
  ///   - text: the text of the key, such as a pair's id.
  ///   - number: the number of the key, such as a position.
  package func unit(_ text: String, _ number: Int) -> Double { Double(bits(text, number) >> 11) * 0x1p-53 }

  /// SipHash-2-4 of bytes.
  /// - Parameters:
  ///   - bytes: the message.
  ///   - number: a number whose eight bytes precede the message; `nil` for none.
  ///   - key: the secret key of SipHash, its low and high half.
  package static func sipHash(
    _ bytes: UnsafeRawBufferPointer, number: UInt64? = nil, key: (UInt64, UInt64)
  ) -> UInt64 {
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
    /// Two rounds for each word of the message: the 2 of SipHash-2-4.
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

    // The last word has the rest of the bytes, and in its top byte their number.
    var last = UInt64(count & 255) << 56
    for index in offset..<bytes.count { last |= UInt64(bytes[index]) << (8 * UInt64(index - offset)) }
    take(last)

    v.2 ^= 0xFF
    for _ in 0..<4 { round() }
    return v.0 ^ v.1 ^ v.2 ^ v.3
  }

  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
}
