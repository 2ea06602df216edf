/// Writes PNG of kinds that the package's own encoder does not write: not packed, with whatever depth and colour type
/// is asked for.
enum PlainPNG {
  /// - Parameters:
  ///   - depth: bits of a sample, 8 or 16.
  ///   - type: 0 grey, 2 colours, 3 a palette.
  ///   - rows: each row's samples as they lie in the file.
  static func encode(
    width: Int, depth: UInt8, type: UInt8, palette: [UInt8] = [], rows: [[UInt8]]
  ) -> [UInt8] {
    let content: [UInt8] = Array(rows.map { [0] + $0 }.joined())
    var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    bytes += chunk("IHDR", big(UInt32(width)) + big(UInt32(rows.count)) + [depth, type, 0, 0, 0])
    if !palette.isEmpty { bytes += chunk("PLTE", palette) }
    // One block of deflate that is stored as it is.
    let length = UInt16(content.count)
    let header: [UInt8] = [
      0x78, 0x01, 1, UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8),
    ]
    bytes += chunk("IDAT", header + content + big(adler(content)))
    return bytes + chunk("IEND", [])
  }

  private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + content
    return big(UInt32(content.count)) + body + big(checksum(body))
  }

  private static func big(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  private static func adler(_ bytes: [UInt8]) -> UInt32 {
    var (low, high): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    return high << 16 | low
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum: UInt32 = .max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
  }
}
