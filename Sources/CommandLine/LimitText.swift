/// The limits of memory and time of a stage, as people write them.
enum LimitText {
  /// `500M`, `8G`, `8GiB`, or bytes.
  static func bytes(_ text: String) -> Int64? {
    scaled(text, ["k": 1024, "m": 1_048_576, "g": 1_073_741_824, "t": 1_099_511_627_776, "": 1]).map { Int64($0) }
  }

  /// `90s`, `30m`, `2h`, or seconds.
  static func seconds(_ text: String) -> Double? { scaled(text, ["s": 1, "m": 60, "h": 3600, "": 1]) }

  private static func scaled(_ text: String, _ units: [String: Double]) -> Double? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    var unit = text.dropFirst(digits.count).lowercased()
    for ending in ["ib", "b"] where unit.count > ending.count && unit.hasSuffix(ending) {
      unit.removeLast(ending.count)
    }
    guard let number = Double(digits), number > 0, number.isFinite, let factor = units[unit], number * factor < 9e18
    else {
      return nil
    }
    return number * factor
  }
}
