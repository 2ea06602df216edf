import Foundation
import Testing

/// What a notebook has started ends with it, and nothing else does.
@Suite(.serialized) struct EndingTests {
  let place: CommandWorkplace

  init() throws { place = try CommandWorkplace() }

  /// A number of seconds that no other process sleeps.
  static func unusual() -> Int { Int.random(in: 100_000...9_000_000) }

  /// True when a process sleeps for so many seconds.
  static func sleeps(_ seconds: Int) -> Bool {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.contains { name in
      Int(name) != nil
        && FileManager.default.contents(atPath: "/proc/\(name)/cmdline") == Data("sleep\0\(seconds)\0".utf8)
    }
  }

  /// The processes that run a notebook of the project.
  func programs() -> [pid_t] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.filter { process in
      let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe")
      return path?.contains("/\(place.root.lastPathComponent)/.colophon/") == true
    }
  }

  /// Waits for a condition, at most two minutes.
  static func soon(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<2400 {
      if try condition() { return true }
      Thread.sleep(forTimeInterval: 0.05)
    }
    return try condition()
  }

  /// A stage that starts two programs, one of which detaches itself, and the rest of its body.
  static func starting(_ seconds: (Int, Int), then rest: String = "return 1") -> String {
    """
    import Foundation
    struct Start: Stage {
      func run(_ context: StageContext) async throws -> Int {
        for command in ["exec sleep \(seconds.0)", "(setsid sleep \(seconds.1) > /dev/null 2>&1 &)"] {
          let process = Process()
          process.executableURL = URL(fileURLWithPath: "/bin/sh")
          process.arguments = ["-c", command]
          try process.run()
        }
        try await Task.sleep(for: .milliseconds(300))
        \(rest)
      }
    }
    let one = try await Start()()
    """
  }

  @Test func `What a stage leaves running ends with the run, which says so`() throws {
    let seconds = (Self.unusual(), Self.unusual())
    let other = Process()
    other.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    other.arguments = ["sleep", "60"]
    try other.run()
    defer { other.terminate() }
    try place.write("n.md", FaultTests.cell(Self.starting(seconds)) + FaultTests.cell("one + 41"))

    let start = ContinuousClock.now
    let outcome = try place.colophon("run", "n.md")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(ContinuousClock.now - start < .seconds(60))
    let sentence = "left 2 programs running (sleep); they were ended"
    #expect(outcome.errors.contains("the notebook \(sentence)"), "\(outcome.errors)")
    let report = try place.read("Artifacts/n/report.md")
    #expect(report.contains(sentence) && report.contains("42"))
    #expect(try place.read("Artifacts/n/report.html").contains(sentence))
    #expect(!Self.sleeps(seconds.0) && !Self.sleeps(seconds.1))
    #expect(other.isRunning)

    // A verification ends them with the stage's sandbox.
    let verdict = try place.colophon("verify", "n.md")
    #expect(verdict.output.contains("1 identical"), "\(verdict.output)\(verdict.errors)")
    #expect(Self.soon { !Self.sleeps(seconds.0) && !Self.sleeps(seconds.1) })
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGKILL, SIGQUIT])
  func `A signal leaves nothing running`(signal: Int32) throws {
    let seconds = (Self.unusual(), Self.unusual())
    try place.write("n.md", FaultTests.cell("1"))
    #expect(try place.colophon("run", "n.md").status == 0)
    let report = try place.read("Artifacts/n/report.md")
    try place.write(
      "n.md",
      FaultTests.cell("struct Quick: Stage { func run(_ context: StageContext) async throws -> Int { 5 } }")
        + FaultTests.cell("let five = try await Quick()()")
        + FaultTests.cell(Self.starting(seconds, then: "try await Task.sleep(for: .seconds(300)); return 1")))
    let process = try place.process(["run", "n.md"])
    // Whoever runs the tests may ignore the signal.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["--default-signal", CommandWorkplace.command, "run", "n.md"]
    try process.run()
    #expect(Self.soon { !process.isRunning || Self.sleeps(seconds.0) && Self.sleeps(seconds.1) })
    let started = Date()
    // Impatient users press twice.
    for _ in 0..<2 { kill(process.processIdentifier, signal) }
    process.waitUntilExit()

    #expect(Date().timeIntervalSince(started) < 100)
    #expect(Self.soon { !Self.sleeps(seconds.0) && !Self.sleeps(seconds.1) })
    #expect(try place.read("Artifacts/n/report.md") == report)
    guard signal != SIGKILL, signal != SIGQUIT else { return }
    #expect(process.terminationReason == .exit && process.terminationStatus == 128 + signal)
    let errors = try place.read(".errors")
    #expect(errors.contains("interrupted; 1 finished stage is kept"), "\(errors)")
  }

  @Test func `A run goes on without its terminal's reader, and after it was stopped`() throws {
    try place.write("n.md", FaultTests.cell(FaultTests.slow(milliseconds: 100, count: 6)))
    let process = try place.process(["run", "n.md"])
    let pipe = Pipe()
    process.standardError = pipe
    try process.run()
    // The reader ends after the first line.
    _ = pipe.fileHandleForReading.availableData
    try pipe.fileHandleForReading.close()
    kill(process.processIdentifier, SIGSTOP)
    Thread.sleep(forTimeInterval: 0.5)
    kill(process.processIdentifier, SIGCONT)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    #expect(try place.read("Artifacts/n/report.md").contains("15"))
  }

  @Test func `A program that is stopped continues, and a stopped one ends with an interrupt`() throws {
    for isInterrupted in [false, true] {
      // Other stages each time, since finished ones would come from the store.
      try place.write("n.md", FaultTests.cell(FaultTests.slow(milliseconds: isInterrupted ? 2010 : 2000, count: 4)))
      let process = try place.process(["run", "n.md"])
      try process.run()
      #expect(try Self.soon { try place.read(".errors").contains("run     Slow") || !process.isRunning })
      let programs = programs()
      #expect(programs.count == 1)
      for program in programs { kill(program, SIGSTOP) }
      Thread.sleep(forTimeInterval: 0.5)
      #expect(process.isRunning)
      if isInterrupted {
        kill(process.processIdentifier, SIGINT)
      } else {
        for program in programs { kill(program, SIGCONT) }
      }
      process.waitUntilExit()
      let errors = try place.read(".errors")
      #expect(process.terminationStatus == (isInterrupted ? 130 : 0), "\(errors)")
      #expect(self.programs().isEmpty)
    }
  }

  @Test func `A stage that takes too much memory is ended and named, and the rest runs`() throws {
    try place.write(
      "n.md",
      FaultTests.cell(
        """
        struct Fill: Stage {
          func run(_ context: StageContext) async throws -> Int {
            var blocks: [[UInt8]] = []
            // At most 8 GiB, should nothing end it.
            for i in 0..<256 { blocks.append([UInt8](repeating: UInt8(i % 255 + 1), count: 32 << 20)) }
            return blocks.reduce(0) { $0 + Int($1[5]) }
          }
        }
        struct Small: Stage { func run(_ context: StageContext) async throws -> Int { 71 } }
        """) + FaultTests.cell("let small = try await Small()()\nsmall + 6")
        + FaultTests.cell("let full = try await Fill()()")
        + FaultTests.cell(
          """
          let grown = [UInt8](repeating: 7, count: 600 << 20)
          try await Task.sleep(for: .seconds(2))
          grown[5]
          """) + FaultTests.cell("\"the rest\""))
    let outcome = try place.colophon("run", "n.md", "--memory", "300M")
    #expect(outcome.status == 1)
    let errors = outcome.errors.replacingOccurrences(of: "\u{a0}", with: " ")
    #expect(
      errors.contains("Fill used more than 300 MiB of memory and was ended; the other stages continue"), "\(errors)")
    #expect(errors.contains("cell 4 used more than 300 MiB of memory and was ended; the other cells"), "\(errors)")
    #expect(errors.contains("set another limit with --memory"))
    #expect(errors.components(separatedBy: "run     Fill").count == 2, "\(errors)")
    let report = try place.read("Artifacts/n/report.md")
    #expect(report.contains("77") && report.contains("the rest"))
    #expect(!FileManager.default.fileExists(atPath: place.root.appending(path: "Artifacts/n/lock.json").path))
    #expect(try place.colophon("run", "n.md", "--memory", "much").status == 64)
  }

  @Test func `An interrupt reaches a run that waits for another and one that compiles`() throws {
    try place.write("n.md", FaultTests.cell(FaultTests.slow(milliseconds: 60_000, count: 2)))
    let first = try place.process(["run", "n.md"], as: "first")
    try first.run()
    // It compiles for seconds, or waits for the first one that does.
    let second = try place.process(["run", "n.md"], as: "second")
    try second.run()
    #expect(try Self.soon { try (place.read("first.errors") + place.read("second.errors")).contains("waiting for") })
    for process in [first, second] { kill(process.processIdentifier, SIGINT) }
    let start = Date()
    for process in [first, second] {
      process.waitUntilExit()
      #expect(process.terminationStatus == 130)
    }
    #expect(Date().timeIntervalSince(start) < 30)
    #expect(!FileManager.default.fileExists(atPath: place.root.appending(path: "Artifacts/n/report.md").path))
  }
}
