internal import Glibc

/// What the process spends from a moment on. Stages that run at the same time count each other's processor time.
struct ResourceUsage {
  private let start = ContinuousClock.now
  private let cpu = Self.now.cpuSeconds

  /// Wall clock and processor seconds since the start, and the process's peak resident size so far in bytes.
  var spent: (seconds: Double, cpuSeconds: Double, peakMemoryBytes: Int64) {
    let now = Self.now
    return ((ContinuousClock.now - start) / .seconds(1), now.cpuSeconds - cpu, now.peakMemoryBytes)
  }

  private static var now: (cpuSeconds: Double, peakMemoryBytes: Int64) {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return (seconds(usage.ru_utime) + seconds(usage.ru_stime), Int64(usage.ru_maxrss) * 1024)
  }
}
