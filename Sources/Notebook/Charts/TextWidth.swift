/// Estimates of the width of text.
///
/// A drawing is laid out before the reader's fonts are known. The estimates are rather too wide, so that labels fit.
package enum TextWidth {
  /// The width of a line of text, in the units of the font size.
  package static func of(_ text: String, size: Double) -> Double {
    var width = 0.0
    for character in text {
      // A character of several scalars (marks, joiners, emoji sequences) has the width of its first; in scripts of
      // India, whose clusters grow with their letters, a bit more.
      guard let first = character.unicodeScalars.first else { continue }
      let scalars = character.unicodeScalars.count
      width += ems(first) + (scalars > 1 && (0x0900...0x0DFF).contains(first.value) ? 0.22 * Double(scalars - 1) : 0)
    }
    return width * size
  }

  /// The text, or its beginning with an ellipsis when it is wider than the limit.
  package static func shortened(_ text: String, to limit: Double, size: Double) -> String {
    guard of(text, size: size) > limit else { return text }
    var result = ""
    var width = of("…", size: size)
    for character in text {
      width += of(String(character), size: size)
      if width > limit { break }
      result.append(character)
    }
    return result + "…"
  }

  private static func ems(_ scalar: Unicode.Scalar) -> Double {
    switch scalar.value {
    case 0x20, 0x21, 0x27, 0x28...0x29, 0x2C, 0x2E, 0x3A, 0x3B, 0x49, 0x5B, 0x5D, 0x66, 0x69...0x6A, 0x6C, 0x72, 0x74,
      0x7C, 0xA0, 0x202F:
      0.37
    case 0x4D, 0x57, 0x6D, 0x77, 0x25, 0x40: 0.95
    case 0x41...0x5A: 0.7
    case 0x21...0x7E: 0.63
    case 0x0300...0x036F, 0x200B...0x200F, 0x2066...0x2069, 0xFE00...0xFE0F: 0
    case 0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFF: 0.58
    case 0x0900...0x0DFF: 0.66
    case 0x0E00...0x0FFF, 0x1000...0x109F, 0x1780...0x17FF: 0.64
    case 0x1100...0x11FF, 0x2E80...0xA4CF, 0xAC00...0xD7AF, 0xF900...0xFAFF, 0xFF01...0xFF60, 0x1F300...0x1FAFF,
      0x20000...0x3FFFF:
      1.02
    default: 0.65
    }
  }
}
