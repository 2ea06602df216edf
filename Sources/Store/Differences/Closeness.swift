/// Decides whether two numbers are close enough, and remembers the largest difference.
///
/// Two numbers are close when |a−b| ≤ tolerance · max(1, |a|, |b|). NaN is close to NaN; an infinity only to itself.
package struct Closeness {
  /// The largest difference that is allowed, a share of the larger number's magnitude or of 1; at least 0.
  package let tolerance: Double
  /// True when whole numbers, written or stored as such, must be equal whatever the tolerance: under a type's own
  /// default.
  package let takesWholeNumbersExactly: Bool
  /// The largest |a−b| / max(1, |a|, |b|) of numbers that were close.
  package private(set) var largest = 0.0

  /// - Parameters:
  ///   - tolerance: at least 0.
  ///   - takesWholeNumbersExactly: true when whole numbers must be equal.
  package init(tolerance: Double, takesWholeNumbersExactly: Bool) {
    self.tolerance = tolerance
    self.takesWholeNumbersExactly = takesWholeNumbersExactly
  }

  /// True when two floating-point numbers are close.
  package mutating func accepts(_ a: Double, _ b: Double) -> Bool {
    if a == b || (a.isNaN && b.isNaN) { return true }
    guard a.isFinite, b.isFinite else { return false }
    let scale = max(1, abs(a), abs(b))
    // The difference of two finite numbers may be too large for a `Double`, its halves' is not.
    let share = abs(a / 2 - b / 2) / (scale / 2)
    guard abs(a - b) <= tolerance * scale || share <= tolerance else { return false }
    largest = max(largest, share)
    return true
  }

  /// True when two whole numbers are close.
  package mutating func accepts<Whole: FixedWidthInteger>(_ a: Whole, _ b: Whole) -> Bool {
    if a == b { return true }
    if takesWholeNumbersExactly || tolerance == 0 { return false }
    let magnitude = a > b ? Double(a) - Double(b) : Double(b) - Double(a)
    let scale = max(1, abs(Double(a)), abs(Double(b)))
    guard magnitude / scale <= tolerance else { return false }
    largest = max(largest, magnitude / scale)
    return true
  }

  /// True when two written numbers are close; `nil` when one of them is not a number.
  mutating func accepts(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool? {
    guard let first = WrittenNumber(a), let second = WrittenNumber(b) else { return nil }
    if let first = first.whole, let second = second.whole { return accepts(first, second) }
    if takesWholeNumbersExactly, first.isWhole, second.isWhole { return a.hasBytes(of: b) }
    return accepts(first.value, second.value)
  }
}

/// A number as JSON and CSV write it.
struct WrittenNumber {
  /// Infinite where it is too large for a `Double`.
  let value: Double
  /// True when it is written without point and exponent.
  let isWhole: Bool
  /// The whole number where it is written as one and an `Int` can hold it.
  let whole: Int?

  /// `nil` for anything but a number: `-12`, `0.5`, `1e-9`, and the words NaN and inf as Python and Swift write them.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first, bytes.count <= 400 else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    switch text {
    case "nan", "NaN": (value, isWhole, whole) = (.nan, false, nil)
    case "inf", "Infinity": (value, isWhole, whole) = (.infinity, false, nil)
    case "-inf", "-Infinity": (value, isWhole, whole) = (-.infinity, false, nil)
    default:
      let digits = first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes[...]
      func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

      // `Double` takes more than is a number here, such as hexadecimal digits.
      guard let leading = digits.first, isDigit(leading),
        digits.allSatisfy({ isDigit($0) || ".eE+-".utf8.contains($0) }), let value = Double(text)
      else { return nil }
      // 007 is a name.
      if leading == UInt8(ascii: "0"), digits.count > 1, isDigit(digits[digits.startIndex + 1]) { return nil }

      self.value = value
      isWhole = digits.allSatisfy(isDigit)
      whole = isWhole ? Int(text) : nil
    }
  }
}
