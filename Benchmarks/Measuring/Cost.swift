internal import Glibc

/// What something took, in seconds.
package struct Cost: Sendable {
  /// User and system time of all threads of the process.
  package var cpu: Double
  package var wall: Double

  /// What has been spent since the process, or some other fixed point, began.
  package static var now: Cost { Cost(cpu: seconds(CLOCK_PROCESS_CPUTIME_ID), wall: seconds(CLOCK_MONOTONIC)) }

  package static func - (left: Cost, right: Cost) -> Cost {
    Cost(cpu: left.cpu - right.cpu, wall: left.wall - right.wall)
  }

  /// The cost of a piece of work and its result.
  package static func of<Result>(_ work: () throws -> Result) rethrows -> (result: Result, cost: Cost) {
    let start = now
    let result = try work()
    return (result, now - start)
  }

  /// The same of work that is waited for.
  package static func awaiting<Result>(_ work: () async throws -> Result) async rethrows -> (result: Result, cost: Cost)
  {
    let start = now
    let result = try await work()
    return (result, now - start)
  }

  /// The median of each of the two, at least one cost given.
  package static func median(_ costs: [Cost]) -> Cost {
    func middle(_ values: [Double]) -> Double {
      let sorted = values.sorted()
      return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
    return Cost(cpu: middle(costs.map(\.cpu)), wall: middle(costs.map(\.wall)))
  }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// The memory of this process.
package enum PeakMemory {
  /// The most that was resident at a time, in bytes, mapped files included: `VmHWM` of `/proc/self/status`.
  /// - Returns: 0 where the system does not tell.
  package static var bytes: Int {
    guard let status = fopen("/proc/self/status", "r") else { return 0 }
    defer { fclose(status) }
    var buffer = [CChar](repeating: 0, count: 256)
    while fgets(&buffer, Int32(buffer.count), status) != nil {
      let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if line.hasPrefix("VmHWM:") { return (Int(line.filter(\.isNumber)) ?? 0) << 10 }
    }
    return 0
  }

  /// Lets the peak count anew from what is resident now. Source: proc(5), `clear_refs`.
  package static func forget() {
    let file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    _ = write(file, "5", 1)
    close(file)
  }
}
