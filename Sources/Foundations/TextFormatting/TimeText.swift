internal import Foundation

/// Times for people.
package enum TimeText {
  /// Further away, some 30,000 years, nothing is a time: a record can say what it likes.
  private static let limit = 1e12

  /// Unix seconds in local time, to the minute: `2026-11-23 14:02`.
  package static func date(_ seconds: Double) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd HH:mm"
    guard seconds.magnitude < limit else { return "unknown" }
    return formatter.string(from: Date(timeIntervalSince1970: seconds))
  }

  /// How long ago a time is: `just now`, `5 minutes ago`, `3 days ago`.
  /// - Parameter seconds: Unix seconds.
  package static func ago(_ seconds: Double, now: Double = Date().timeIntervalSince1970) -> String {
    let units = [(86_400.0, "day"), (3600, "hour"), (60, "minute")]
    guard seconds.magnitude < limit else { return "at an unknown time" }
    let past = max(0, now - seconds)
    guard let (length, name) = units.first(where: { past >= $0.0 }) else { return "just now" }
    let count = Int(past / length)
    return "\(count) \(name)\(count == 1 ? "" : "s") ago"
  }

  /// `12 ms`, `3.4 s`, `2 min 10 s`, `1 h 05 min`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.magnitude < limit else { return "unknown" }
    switch seconds {
    case ..<0.9995: return "\(Int((seconds * 1000).rounded())) ms"
    case ..<59.95: return "\((seconds * 10).rounded() / 10) s"
    case ..<3599.5:
      let whole = Int(seconds.rounded())
      return "\(whole / 60) min \(whole % 60) s"
    default:
      let minutes = Int((seconds / 60).rounded())
      let rest = minutes % 60
      return "\(minutes / 60) h \(rest < 10 ? "0" : "")\(rest) min"
    }
  }
}
