/// Hashes of 64 and 128 bits of byte strings, other ones in every process, so that no one can prepare records that
/// collide.
///
/// Folded products as in wyhash (Wang Yi, https://github.com/wangyi-fudan/wyhash); with 128 bits, of a billion keys two
/// are taken for one another with a probability of 10^-21.
struct KeyHash {
  private static let secrets: (UInt64, UInt64, UInt64, UInt64) = {
    func odd() -> UInt64 { .random(in: 0 ... .max) | 1 }
    return (odd(), odd(), odd(), odd())
  }()

  private let secrets = Self.secrets
  private var first: UInt64
  private var second: UInt64

  init() {
    first = secrets.0
    second = secrets.2
  }

  @inline(__always)
  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  /// Adds a byte string; its length counts, so that two strings in a row are not one.
  @inline(__always)
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var position = 0
    let count = bytes.count
    while position + 16 <= count {
      step(
        bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self))
      position += 16
    }

    // The last bytes, fewer than 16, in two words.
    var low: UInt64 = 0
    var high: UInt64 = 0
    if position + 8 <= count {
      low = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      position += 8
      while position < count {
        high = high << 8 | UInt64(bytes[position])
        position += 1
      }
    } else {
      while position < count {
        low = low << 8 | UInt64(bytes[position])
        position += 1
      }
    }

    step(low, high)
    step(UInt64(truncatingIfNeeded: count), 0x9E37_79B9_7F4A_7C15)
  }

  @inline(__always)
  private mutating func step(_ a: UInt64, _ b: UInt64) {
    first = Self.fold(first ^ a ^ secrets.1, b ^ secrets.3 ^ first &<< 1)
    second = Self.fold(second ^ b ^ secrets.0, a ^ secrets.2 &+ second)
  }

  /// The 128-bit hash of all byte strings that were added.
  var value: (UInt64, UInt64) { (Self.fold(first ^ secrets.3, secrets.0), Self.fold(second ^ secrets.1, secrets.2)) }

  /// The 64-bit hash of a byte string.
  @inline(__always)
  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = KeyHash()
    hash.add(bytes)
    let value = hash.value
    return value.0 ^ value.1
  }
}
