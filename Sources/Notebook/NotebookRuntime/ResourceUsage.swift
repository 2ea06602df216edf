internal import Core
internal import Glibc

/// A meter of the time and memory that the process uses. Stages that run at the same time count each other's processor
/// time.
struct ResourceUsage {
  private let start = SuspendingClock.now
  private let cpu = Self.now.cpuSeconds

  /// The cost since the meter was made, with what the stage has reported so far.
  func cost(with reports: StageReports) -> RunCost {
    let now = Self.now
    return RunCost(
      seconds: (SuspendingClock.now - start) / .seconds(1), cpuSeconds: now.cpuSeconds - cpu,
      peakMemoryBytes: now.peakMemoryBytes, measurements: reports.measurements, notes: reports.notes)
  }

  private static var now: (cpuSeconds: Double, peakMemoryBytes: Int64) {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    // Linux counts the resident size in KiB.
    return (seconds(usage.ru_utime) + seconds(usage.ru_stime), Int64(usage.ru_maxrss) * 1024)
  }
}
