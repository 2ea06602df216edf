/// Tidies lines that something was taken out of: `Aristotle (; 384–322 BC)`, `the , and`, `()`.
enum WikitextGaps {
  private static let opening = Array("（".utf8)
  private static let closing = Array("）".utf8)
  private static let separators = [Array("，".utf8), Array("；".utf8), Array("、".utf8)]

  /// Makes one space of several, takes away empty brackets, separators next to a bracket, and spaces and commas before a comma.
  /// - Returns: the line's new end.
  static func tidy(_ out: UnsafeMutablePointer<UInt8>, _ line: Range<Int>) -> Int {
    var end = line.lowerBound
    var position = line.lowerBound
    func endsWith(_ text: [UInt8]) -> Bool {
      guard end - line.lowerBound >= text.count else { return false }
      for (offset, byte) in text.enumerated() where out[end - text.count + offset] != byte { return false }
      return true
    }
    func isHere(_ text: [UInt8]) -> Bool {
      guard line.upperBound - position >= text.count else { return false }
      for (offset, byte) in text.enumerated() where out[position + offset] != byte { return false }
      return true
    }
    func isAfterOpening() -> Bool {
      guard end > line.lowerBound else { return false }
      return out[end - 1] == UInt8(ascii: "(") || out[end - 1] == UInt8(ascii: "[") || endsWith(opening)
    }
    func takeSeparators() {
      while end > line.lowerBound {
        if " ,;:".utf8.contains(out[end - 1]) {
          end -= 1
        } else if out[end - 1] >= 0x80, separators.contains(where: endsWith) {
          end -= 3
        } else {
          break
        }
      }
    }
    /// Puts a closing bracket, or takes the opening one away when there is nothing between them.
    func close(_ open: [UInt8], _ close: Int) {
      takeSeparators()
      if endsWith(open) {
        end -= open.count
        if end > line.lowerBound, out[end - 1] == 32 { end -= 1 }
        position += close
      } else {
        copy(close)
      }
    }
    func copy(_ count: Int) {
      for _ in 0..<count {
        out[end] = out[position]
        end += 1
        position += 1
      }
    }
    while position < line.upperBound {
      switch out[position] {
      case 9, 32:
        if end > line.lowerBound, out[end - 1] != 32, !isAfterOpening() {
          out[end] = 32
          end += 1
        }
        position += 1
      case UInt8(ascii: ")"): close([UInt8(ascii: "(")], 1)
      case UInt8(ascii: "]"): close([UInt8(ascii: "[")], 1)
      case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "."):
        let isLast = position + 1 == line.upperBound || out[position + 1] == 32
        if out[position] != UInt8(ascii: "."),
          isAfterOpening() || (end > line.lowerBound && out[end - 1] == out[position])
        {
          position += 1
          continue
        }
        if isLast, end > line.lowerBound, out[end - 1] == 32 { end -= 1 }
        if out[position] == UInt8(ascii: ","), end > line.lowerBound, out[end - 1] == UInt8(ascii: ",") {
          position += 1
        } else {
          copy(1)
        }
      case 0xE3, 0xEF:
        if isHere(closing) {
          close(opening, 3)
        } else if isAfterOpening(), separators.contains(where: isHere) {
          position += 3
        } else {
          copy(1)
        }
      default: copy(1)
      }
    }
    return end
  }

  /// Whether a line has a letter or a digit, or a symbol beyond ASCII.
  static func hasWords(_ out: UnsafeMutablePointer<UInt8>, _ line: Range<Int>) -> Bool {
    if line.contains(where: { (out[$0] | 0x20) &- 97 < 26 || out[$0] &- 48 < 10 }) { return true }
    let bytes = UnsafeBufferPointer(start: out + line.lowerBound, count: line.count)
    return String(decoding: bytes, as: UTF8.self).unicodeScalars.contains { scalar in
      guard scalar.value >= 0x80 else { return false }
      switch scalar.properties.generalCategory {
      case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
        .finalPunctuation,
        .otherPunctuation, .spaceSeparator, .format:
        return false
      default: return true
      }
    }
  }
}
