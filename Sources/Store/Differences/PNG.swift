/// Writes pixels as PNG without compression: small pictures for a page.
///
/// Source of the format: W3C, PNG (Third Edition); of the stored blocks: RFC 1951, §3.2.4.
enum PNG {
  /// An encoded picture.
  /// - Parameter pixels: red, green, blue and alpha from the top left on, `4 · width · height` bytes.
  static func encode(_ pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
    precondition(pixels.count == 4 * width * height, "a picture has 4 bytes for each pixel")

    // Each row begins with the number of its filter, 0 for none.
    var rows: [UInt8] = []
    rows.reserveCapacity(pixels.count + height)
    for row in 0..<height {
      rows.append(0)
      rows += pixels[row * width * 4..<(row + 1) * width * 4]
    }

    // A zlib stream of stored blocks, which have at most 65,535 bytes each.
    var data: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
      let end = min(start + 65_535, rows.count)
      let size = UInt16(end - start)
      data.append(end == rows.count ? 1 : 0)
      data += [UInt8(size & 255), UInt8(size >> 8), UInt8(~size & 255), UInt8(~size >> 8)]
      data += rows[start..<end]
      start = end
    } while start < rows.count
    data += bytes(adler(rows))

    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk("IHDR", bytes(UInt32(width)) + bytes(UInt32(height)) + [8, 6, 0, 0, 0]) + chunk("IDAT", data)
      + chunk("IEND", [])
  }

  private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    return bytes(UInt32(data.count)) + body + bytes(check(body))
  }

  private static func bytes(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

  private static func adler(_ bytes: [UInt8]) -> UInt32 {
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return b << 16 | a
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
  }

  private static func check(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { table[Int(($0 ^ UInt32($1)) & 255)] ^ $0 >> 8 }
  }
}
