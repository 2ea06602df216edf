/// Times for people.
package enum ElapsedTime {
  /// `12 ms`, `3.4 s`, `2 min 10 s`, `1 h 05 min`.
  package static func text(_ seconds: Double) -> String {
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
