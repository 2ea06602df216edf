/// SHA-224, by which MetaCLIP names pictures.
///
/// Written here because swift-crypto has only SHA-256, SHA-384 and SHA-512: its BoringSSL knows SHA-224, but the
/// package does not export it. SHA-256 cut short is not SHA-224, which starts from other values.
///
/// Source: FIPS 180-4, §§4.1.2, 4.2.2, 5.3.2, 6.2, 6.3.
package struct SHA224: Sendable {
  /// Fractional parts of the cube roots of the first 64 primes.
  private static let roots: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]

  /// The state before the first block.
  private static let initial: [UInt32] = [
    0xc105_9ed8, 0x367c_d507, 0x3070_dd17, 0xf70e_5939, 0xffc0_0b31, 0x6858_1511, 0x64f9_8fa7, 0xbefa_4fa4,
  ]

  /// The bytes of a block.
  private static let blockSize = 64

  /// The 28 bytes of the digest.
  package static func hash(_ bytes: [UInt8]) -> [UInt8] {
    // A one bit, zeros up to eight bytes before the end of a block, and the number of bits.
    var padded = bytes
    padded.append(0x80)
    padded.append(contentsOf: repeatElement(0, count: (120 - padded.count % blockSize) % blockSize))
    withUnsafeBytes(of: UInt64(bytes.count * 8).bigEndian) { padded.append(contentsOf: $0) }

    var state = initial
    padded.withUnsafeBytes { padded in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: roots.count) { schedule in
        schedule.initialize(repeating: 0)
        roots.withUnsafeBufferPointer { roots in
          for block in stride(from: 0, to: padded.count, by: blockSize) {
            for word in 0..<16 {
              schedule[word] = UInt32(
                bigEndian: padded.loadUnaligned(fromByteOffset: block + word * 4, as: UInt32.self))
            }
            compress(&state, schedule, roots: roots)
          }
        }
      }
    }

    // The last word of the state is left out.
    return state.prefix(7).flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
  }

  /// Works a block into the state; the names are those of FIPS 180-4, §6.2.2.
  private static func compress(
    _ state: inout [UInt32], _ schedule: UnsafeMutableBufferPointer<UInt32>, roots: UnsafeBufferPointer<UInt32>
  ) {
    for word in 16..<64 {
      let early = schedule[word - 15]
      let late = schedule[word - 2]
      let first = rotate(early, 7) ^ rotate(early, 18) ^ early >> 3
      let second = rotate(late, 17) ^ rotate(late, 19) ^ late >> 10
      schedule[word] = schedule[word - 16] &+ first &+ schedule[word - 7] &+ second
    }

    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for word in 0..<64 {
      let choice = (e & f) ^ (~e & g)
      let first = h &+ (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) &+ choice &+ roots[word] &+ schedule[word]
      let majority = (a & b) ^ (a & c) ^ (b & c)
      let second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ majority
      (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
    }
    for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= value }
  }

  private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 { value >> count | value << (32 - count) }
}
