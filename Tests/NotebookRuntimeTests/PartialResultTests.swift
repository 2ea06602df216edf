import Core
import Foundation
import NotebookRuntime
import TestSupport
import Testing

/// Adds up numbers and keeps the sum so far; can be killed, fail, or find what an earlier run has kept.
private struct Adding: Stage {
  var count = 5
  var label = "a"
  /// The file in which the stage notes what it found: no part of the value that a real stage would have.
  var diary: String
  /// The number behind which the process or the stage ends, read from this file, so that the key does not tell.
  var obstacle: String

  func run(_ context: StageContext) async throws -> Int {
    var sums = try context.partial.load("sums") ?? [0]
    try write("\(sums.count - 1)", to: diary)
    let end = (try? String(contentsOfFile: obstacle, encoding: .utf8)) ?? ""
    while sums.count <= count {
      sums.append(sums[sums.count - 1] + UInt8(sums.count))
      try context.partial.save(sums, as: "sums")
      if end == "kill \(sums.count - 1)" { kill(getpid(), SIGKILL) }
      if end == "fail \(sums.count - 1)" { throw CancellationError() }
    }
    return Int(sums[count])
  }

  private func write(_ text: String, to path: String) throws {
    let old = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    try (old + text + " ").write(toFile: path, atomically: true, encoding: .utf8)
  }
}

/// Writes to its own input while it runs.
private struct Disturbed: Stage {
  var input: InputFile

  func run(_ context: StageContext) async throws -> Int {
    try context.partial.save([1], as: "half")
    try "changed".write(toFile: input.path, atomically: true, encoding: .utf8)
    return 1
  }
}

@Suite(.serialized) final class PartialResultTests {
  let root = temporaryPath("partial-results")

  init() throws { try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  /// Calls the stage as a notebook's run would.
  private static func output<S: Stage>(of stage: S, in root: String) async throws -> S.Output {
    let null = open("/dev/null", O_WRONLY)
    defer { close(null) }
    let configuration = RunConfiguration(
      mode: .run, project: Project(root: root), scratch: root + "/.colophon/scratch/1", lock: root + "/lock.json",
      channel: null,
      parentPipe: -1,
      threads: 1, concurrency: 1)
    let executor = try Executor(
      configuration: configuration, channel: RunChannel(descriptor: null), libraryCode: Digest(of: "library"))
    return try await Session.$current.withValue(Session(executor: executor, cell: 1)) { try await stage(as: "sum") }
  }

  private static func stage(in root: String, label: String = "a") -> Adding {
    Adding(label: label, diary: root + "/diary", obstacle: root + "/obstacle")
  }

  private func obstacle(_ text: String) throws {
    try text.write(toFile: root + "/obstacle", atomically: true, encoding: .utf8)
  }

  private var diary: String { get throws { try String(contentsOfFile: root + "/diary", encoding: .utf8) } }

  private var kept: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: root + "/.colophon/partial")) ?? []
  }

  @Test func `A stage that was killed goes on from what it kept, which is removed when its output is stored`()
    async throws
  {
    try obstacle("kill 3")
    await #expect(processExitsWith: .signal(SIGKILL)) { [root = root as String] in
      _ = try await PartialResultTests.output(of: PartialResultTests.stage(in: root), in: root)
    }
    #expect(kept.count == 1 && kept.allSatisfy { Digest(hexadecimal: $0) != nil }, "\(kept)")
    try obstacle("")
    #expect(try await Self.output(of: Self.stage(in: root), in: root) == 15)
    #expect(try diary == "0 3 ")
    #expect(kept.isEmpty)
    // The output is stored: nothing runs again.
    #expect(try await Self.output(of: Self.stage(in: root), in: root) == 15)
    #expect(try diary == "0 3 ")
  }

  @Test func `A stage that failed keeps what it had, and a stage of another key does not see it`() async throws {
    try obstacle("fail 2")
    await #expect(throws: StageFailure.self) { try await Self.output(of: Self.stage(in: root), in: root) }
    try obstacle("")
    #expect(try await Self.output(of: Self.stage(in: root, label: "b"), in: root) == 15)
    #expect(kept.count == 1)
    #expect(try await Self.output(of: Self.stage(in: root), in: root) == 15)
    #expect(try diary == "0 0 2 ")
    #expect(kept.isEmpty)
  }

  @Test func `What a stage has kept of an input that changed under it is not used again`() async throws {
    try "before".write(toFile: root + "/input", atomically: true, encoding: .utf8)
    let error = await #expect(throws: StageFailure.self) {
      try await Self.output(of: Disturbed(input: InputFile(root + "/input")), in: root)
    }
    #expect(error?.message.contains("changed while the stage was reading it") == true)
    #expect(kept.isEmpty)
  }
}
