/// The width of text in a terminal, and text that is safe to print there.
package enum TerminalWidth {
  /// The number of columns that a text takes.
  package static func of(_ text: String) -> Int { text.reduce(0) { $0 + of($1) } }

  /// 2 for wide scripts and pictures, 0 for marks by themselves. Source: Unicode Standard Annex 11, East Asian Width.
  private static func of(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    if first.value < 0x300 { return 1 }

    // The variation selector U+FE0F asks for a picture.
    if character.unicodeScalars.contains(where: { $0.value == 0xFE0F }) { return 2 }
    switch first.value {
    case 0x0300...0x036F, 0x200B...0x200F, 0x20D0...0x20FF, 0xFE00...0xFE0F, 0xFE20...0xFE2F: return 0
    case 0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x25FD...0x25FE, 0x2614...0x2615,
      0x2648...0x2653,
      0x26A1, 0x26BD...0x26BE, 0x26C4...0x26C5, 0x26CE, 0x26D4, 0x26EA, 0x26F2...0x26F3, 0x26F5, 0x26FA, 0x26FD, 0x2705,
      0x270A...0x270B, 0x2728, 0x274C, 0x274E, 0x2753...0x2755, 0x2757, 0x2795...0x2797, 0x27B0, 0x27BF,
      0x2B1B...0x2B1C, 0x2B50,
      0x2B55, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97F,
      0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x1B2FF, 0x1F004,
      0x1F0CF,
      0x1F18E, 0x1F191...0x1F19A, 0x1F1E6...0x1F64F, 0x1F680...0x1F6FF, 0x1F7E0...0x1F7EB, 0x1F900...0x1FAFF,
      0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  /// The text, or its beginning with an ellipsis when it takes more columns than the limit.
  package static func shortened(_ text: String, to limit: Int) -> String {
    guard of(text) > limit else { return text }
    var result = ""
    var width = 1
    for character in text {
      width += of(character)
      if width > limit { break }
      result.append(character)
    }
    return result + "…"
  }

  /// Text that cannot move the cursor, or change colours or the direction of writing: control characters become
  /// visible, as `␛`.
  package static func safe(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    var safe = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if !isUnsafe(scalar) {
        safe.append(scalar)
      } else if scalar.value < 0x20, let picture = Unicode.Scalar(0x2400 + scalar.value) {
        safe.append(picture)
      } else {
        safe.append("\u{FFFD}")
      }
    }
    return String(safe)
  }

  /// Several lines that are safe to print, as ``safe(_:)`` makes them; line breaks and tabs stay.
  package static func safeLines(_ text: String) -> String {
    text.unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "\n" }.map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map { safe(String($0)) }.joined(separator: "\t")
    }.joined(separator: "\n")
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0x200E...0x200F, 0x061C: true
    default: false
    }
  }
}
