import Core
import Foundation
import Testing

/// Killed, interrupted, run twice at once: finished stages are kept and the end is the same.
@Suite(.serialized) struct InterruptionTests {
  let place: CommandWorkplace

  init() throws {
    place = try CommandWorkplace()
    try place.write("n.md", FaultTests.cell(FaultTests.slow(milliseconds: 120, count: 6)))
  }

  func lock() throws -> String { try place.read("Artifacts/n/lock.json") }

  @Test func `A run that is killed at any instant ends as an undisturbed one`() throws {
    let undisturbed = try CommandWorkplace()
    try undisturbed.write("n.md", try place.read("n.md"))
    #expect(try undisturbed.colophon("run", "n.md").status == 0)
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<6 {
      let process = try place.process(["run", "n.md"])
      try process.run()
      Thread.sleep(forTimeInterval: Double.random(in: 0.02...1.2, using: &generator))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    let last = try place.colophon("run", "n.md")
    #expect(last.status == 0, "\(last.errors)")
    #expect(try lock() == undisturbed.read("Artifacts/n/lock.json"))
    let check = Process()
    check.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    check.arguments = ["git", "-C", place.root.appending(path: "Artifacts/store.git").path, "fsck", "--strict"]
    check.standardError = FileHandle.nullDevice
    check.standardOutput = FileHandle.nullDevice
    try check.run()
    check.waitUntilExit()
    #expect(check.terminationStatus == 0)
  }

  @Test func `An interrupt keeps what is finished`() throws {
    try place.write("n.md", FaultTests.cell("1"))
    #expect(try place.colophon("run", "n.md").status == 0)  // whatever is made once is made
    try place.write("n.md", FaultTests.cell(FaultTests.slow(milliseconds: 400, count: 8)))
    let process = try place.process(["run", "n.md"])
    try process.run()
    while !(try place.read(".errors")).contains("done    Slow"), process.isRunning {
      Thread.sleep(forTimeInterval: 0.02)
    }
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    #expect(try place.read(".errors").contains("interrupted"))
    let kept = CommandWorkplace.ran(try place.read(".errors")).count
    #expect(kept >= 1)
    let rest = try place.colophon("run", "n.md")
    #expect(rest.status == 0)
    #expect(CommandWorkplace.ran(rest.errors).count <= 8 - kept)
  }

  @Test(arguments: [SIGINT, SIGKILL])
  func `A verification that is interrupted or killed changes nothing`(signal: Int32) throws {
    try place.write("n.md", FaultTests.cell(FaultTests.slow(milliseconds: 400, count: 8)))
    #expect(try place.colophon("run", "n.md").status == 0)
    let before = try lock()
    let process = try place.process(["verify", "n.md"])
    try process.run()
    while !(try place.read(".errors")).contains("done    Slow"), process.isRunning {
      Thread.sleep(forTimeInterval: 0.02)
    }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    if signal == SIGINT {
      #expect(process.terminationStatus == 130)
      #expect(try place.read(".errors").contains("interrupted; nothing was changed"))
    }
    #expect(try lock() == before)
    let again = try place.colophon("verify", "n.md")
    #expect(again.status == 0, "\(again.output)")
    // Also what the killed one left is gone.
    let rooms = try? FileManager.default.contentsOfDirectory(atPath: place.root.path + "/.colophon/verify")
    #expect((rooms ?? []).isEmpty, "\(rooms ?? [])")
  }

  @Test func `The second run waits for the first and says so`() throws {
    let first = try place.process(["run", "n.md"], as: "first")
    try first.run()
    while !(try place.read("first.errors")).contains("run     Slow"), first.isRunning {
      Thread.sleep(forTimeInterval: 0.02)
    }
    let second = try place.colophon("run", "n.md")
    first.waitUntilExit()
    #expect(second.status == 0)
    #expect(second.errors.contains("waiting for another run"), "\(second.errors)")
    #expect(CommandWorkplace.ran(second.errors) == [])
  }

  @Test func `Equal calls in flight run once and others side by side`() throws {
    try place.write(
      "n.md",
      FaultTests.cell(
        """
        struct Wait: Stage {
          var n: Int
          func run(_ context: StageContext) async throws -> Int {
            try await Task.sleep(for: .milliseconds(300))
            return n
          }
        }
        async let a = Wait(n: 1)()
        async let b = Wait(n: 1)()
        async let c = Wait(n: 2)()
        try await a + b + c
        """))
    let outcome = try place.colophon("run", "n.md", "--jobs", "2")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(CommandWorkplace.ran(outcome.errors) == ["Wait", "Wait"])
    let lines = outcome.errors.split(separator: "\n").map { String($0.prefix(4)) }
    #expect(lines.prefix(2) == ["run ", "run "])
  }
}
