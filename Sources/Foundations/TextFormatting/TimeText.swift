internal import Foundation

/// Points in time as text for people, in the machine's time zone. ``NumberText/duration(_:)`` writes durations.
package enum TimeText {
  /// The largest distance from 1970 that counts as a time, in seconds: some 30,000 years. A damaged record can claim
  /// any number.
  private static let limit = 1e12

  /// A time to the minute: `2026-11-23 14:02`.
  /// - Parameter seconds: Unix seconds.
  package static func date(_ seconds: Double) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd HH:mm"
    guard seconds.magnitude < limit else { return "unknown" }
    return formatter.string(from: Date(timeIntervalSince1970: seconds))
  }

  /// The distance of a past time from now, rounded down to one unit: `just now`, `5 minutes ago`, `3 days ago`.
  /// - Parameters:
  ///   - seconds: the time, in Unix seconds; one in the future is `just now`.
  ///   - now: the present, in Unix seconds.
  package static func ago(_ seconds: Double, now: Double = Date().timeIntervalSince1970) -> String {
    let units = [(86_400.0, "day"), (3600, "hour"), (60, "minute")]
    guard seconds.magnitude < limit else { return "at an unknown time" }
    let past = max(0, now - seconds)
    guard let (length, name) = units.first(where: { past >= $0.0 }) else { return "just now" }
    let count = Int(past / length)
    return "\(NumberText.count(count, name)) ago"
  }
}
