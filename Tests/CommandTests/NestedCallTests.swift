import Foundation
import Testing

/// Stages that call stages, through the command.
@Suite struct NestedCallTests {
  let place: CommandWorkplace

  init() throws { place = try CommandWorkplace() }

  private struct Lock: Decodable {
    struct Entry: Decodable {
      var artifact: String
      var key: String
      var calls: [String]?
    }
    var stages: [Entry]
  }

  private var lock: Lock {
    get throws { try JSONDecoder().decode(Lock.self, from: Data(place.read("Artifacts/n/lock.json").utf8)) }
  }

  private static let recursion = """
    struct Rec: Stage {
      var n: Int
      func run(_ context: StageContext) async throws -> Int { n == 0 ? 0 : try await Rec(n: n - 1)() + 1 }
    }
    """

  @Test func `A recursion deeper than the permits runs, is recorded, and is verified`() throws {
    try place.write("n.md", VerifyTests.notebook(Self.recursion, "let depth = try await Rec(n: 50)()\ndepth"))
    let first = try place.colophon("run", "n.md", "--jobs", "2")
    #expect(first.status == 0, "\(first.errors)")
    #expect(CommandWorkplace.ran(first.errors).count == 51)
    #expect(try place.read("Artifacts/n/report.md").contains("50"))
    #expect(try place.read("Artifacts/n/report.md").contains("**Rec** called while it ran: Rec-2"))

    // The cell's own call keeps the stage's name, and is after all that its stage called.
    let recorded = try lock
    #expect(recorded.stages.count == 51 && recorded.stages.last?.artifact == "Rec")
    #expect(recorded.stages.first?.calls == nil)
    #expect(recorded.stages.last?.calls == recorded.stages.first { $0.artifact == "Rec-2" }.map { [$0.key] })

    // From the store nothing runs, and what the stages called is still listed.
    let bytes = try place.read("Artifacts/n/lock.json")
    let second = try place.colophon("run", "n.md", "--jobs", "2")
    #expect(second.status == 0 && CommandWorkplace.ran(second.errors).isEmpty, "\(second.errors)")
    #expect(try place.read("Artifacts/n/lock.json") == bytes)
    #expect(try place.colophon("plan", "n.md").output.hasPrefix("nothing would run"))

    let verified = try place.colophon("verify", "n.md", "--json")
    let verdict = try JSONDecoder().decode(VerifyTests.Answer.self, from: Data(verified.output.utf8))
    #expect(verified.status == 0 && verdict.executed == 51, "\(verified.output) \(verified.errors)")
    #expect(verdict.stages.allSatisfy { $0.outcome == "identical" })

    // Other code in the called stage is other code of its caller.
    try place.write("n.md", try place.read("n.md").replacingOccurrences(of: "+ 1", with: "+ 2"))
    let plan = try place.colophon("plan", "n.md").output
    #expect(plan.contains("its code changed") && plan.contains("Rec called it when it ran last"), "\(plan)")
  }

  @Test func `Stages that wait for each other are an error with the chain`() throws {
    try place.write(
      "n.md",
      """
      ```swift
      struct Ping: Stage {
        var n = 1
        func run(_ context: StageContext) async throws -> Int { try await Pong(n: n)() }
      }
      struct Pong: Stage {
        var n = 1
        func run(_ context: StageContext) async throws -> Int { try await Ping(n: n)() }
      }
      struct Left: Stage {
        var side = 1
        func run(_ context: StageContext) async throws -> Int {
          try await Task.sleep(for: .milliseconds(200))
          return try await Right()()
        }
      }
      struct Right: Stage {
        var side = 2
        func run(_ context: StageContext) async throws -> Int {
          try await Task.sleep(for: .milliseconds(200))
          return try await Left()()
        }
      }
      ```

      ```swift
      try await Ping()()
      ```

      ```swift
      async let left = Left()()
      async let right = Right()()
      try await left + right
      ```

      """)
    let outcome = try place.colophon("run", "n.md", "--jobs", "2")
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.contains("it would wait for itself: Pong(n: 1) → Ping(n: 1) → Pong(n: 1)"), "\(outcome.errors)")
    #expect(
      outcome.errors.contains("Left(side: 1) → Right(side: 2) → Left(side: 1)")
        || outcome.errors.contains("Right(side: 2) → Left(side: 1) → Right(side: 2)"), "\(outcome.errors)")
  }

  @Test func `A called stage is verified with the files that it declares, and its fault is not its caller's`() throws {
    try place.write("words.txt", "one two three\n")
    try place.write(
      "n.md",
      VerifyTests.notebook(
        """
        struct Size: Stage {
          var file: InputFile
          func run(_ context: StageContext) async throws -> Int {
            try String(contentsOfFile: file.path, encoding: .utf8).count
          }
        }
        struct Chance: Stage {
          var count = 3
          func run(_ context: StageContext) async throws -> [Double] { (0..<count).map { _ in .random(in: 0..<1) } }
        }
        struct Outer: Stage {
          var file: InputFile
          func run(_ context: StageContext) async throws -> Int {
            async let first = Size(file: file)()
            async let second = Size(file: file)(as: "again")
            return try await first + second
          }
        }
        struct Careless: Stage {
          var count = 3
          func run(_ context: StageContext) async throws -> Double { try await Chance(count: count)().reduce(0, +) }
        }
        """,
        """
        let size = try await Outer(file: InputFile("words.txt"))()
        let sum = try await Careless()()
        size
        """))
    let run = try place.colophon("run", "n.md")
    #expect(run.status == 0, "\(run.errors)")
    let verified = try place.colophon("verify", "n.md", "--json")
    let verdict = try JSONDecoder().decode(VerifyTests.Answer.self, from: Data(verified.output.utf8))
    #expect(verified.status == 1)
    #expect(verdict.outcome(of: "Outer") == "identical" && verdict.executed == 4, "\(verified.output)")
    #expect(!verdict.findings.contains { $0.kind == "undeclaredRead" }, "\(verdict.findings)")
    let chance = try #require(verdict.stages.first { $0.artifact == "Chance" })
    #expect(chance.outcome == "diverged" && chance.onRecordedInputs == nil)
    let careless = try #require(verdict.stages.first { $0.artifact == "Careless" })
    #expect(careless.outcome == "diverged" && careless.onRecordedInputs == "identical", "\(careless)")
  }
}
