import Core
import Foundation
import Testing

/// Re-execution with a verdict, through the command, in real sandboxes.
@Suite struct VerifyTests {
  let place: CommandWorkplace

  init() throws { place = try CommandWorkplace() }

  /// A notebook with one cell of declarations and one cell of calls.
  static func notebook(_ declarations: String, _ calls: String, prose: String = "") -> String {
    "# N\n\n```swift\n\(declarations)\n```\n\n```swift\n//| label: calls\n\(calls)\n```\n\n\(prose)\n"
  }

  /// Runs the notebook, then verifies it.
  func verified(_ text: String, _ arguments: String...) throws -> (outcome: CommandWorkplace.Outcome, verdict: Answer) {
    try place.write("n.md", text)
    let run = try place.colophon("run", "n.md")
    #expect(run.status == 0, "\(run.errors)")
    return try verify(arguments)
  }

  func verify(_ arguments: [String] = []) throws -> (outcome: CommandWorkplace.Outcome, verdict: Answer) {
    let outcome = try place.colophon(["verify", "n.md", "--json"] + arguments)
    let verdict = try #require(
      try? JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8)), "\(outcome.output) \(outcome.errors)")
    return (outcome, verdict)
  }

  /// The parts of a verdict that the tests read.
  struct Answer: Decodable {
    struct Stage: Decodable {
      var artifact: String
      var outcome: String
      var detail: String?
      var onRecordedInputs: String?
      var largestDifference: Double?
    }
    struct Finding: Decodable {
      var kind: String
      var stage: String
      var subject: String
      var message: String
      var line: Int?
    }
    var isSandboxed: Bool
    var executed: Int
    var stages: [Stage]
    var findings: [Finding]

    func outcome(of artifact: String) -> String? { stages.first { $0.artifact == artifact }?.outcome }
  }

  static let steady = """
    struct Twice: Stage {
      var value = 1
      func run(_ context: StageContext) async throws -> Int { value * 2 }
    }
    """

  @Test func `A steady notebook is identical`() throws {
    let (outcome, verdict) = try verified(
      Self.notebook(
        Self.steady, "let a = try await Twice(value: 4)()\nlet b = try await Twice(value: a)()\nb",
        prose: "It is `swift b`."))
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(verdict.isSandboxed && verdict.executed == 2)
    #expect(verdict.stages.map(\.outcome) == ["identical", "identical"])
    #expect(verdict.findings.isEmpty, "\(verdict.findings)")
    #expect(!FileManager.default.fileExists(atPath: place.root.path + "/.colophon/verify/1"))
  }

  @Test func `Nothing is taken from the store and the project stays unchanged`() throws {
    try place.write("n.md", Self.notebook(Self.steady, "let a = try await Twice(value: 4)()\na"))
    #expect(try place.colophon("run", "n.md").status == 0)
    let files = { try ["lock.json", "report.md", "report.html"].map { try place.read("Artifacts/n/" + $0) } }
    let before = try files()
    let versions = try place.colophon("log", "n", "--json").output
    let (outcome, verdict) = try verify()
    #expect(outcome.status == 0 && verdict.executed == 1)
    #expect(try files() == before)
    #expect(try place.colophon("log", "n", "--json").output == versions)
  }

  static let chance = """
    struct Draw: Stage {
      var count = 3
      func run(_ context: StageContext) async throws -> [Double] { (0..<count).map { _ in .random(in: 0..<1) } }
    }
    struct Sum: Stage {
      var values: [Double]
      func run(_ context: StageContext) async throws -> Double { values.reduce(0, +) }
    }
    """

  @Test func `A stage that diverges by itself is distinguished from one whose inputs did`() throws {
    let (outcome, verdict) = try verified(
      Self.notebook(
        Self.chance, "let d = try await Draw()()\nlet s = try await Sum(values: d)()\ns", prose: "Sum: `swift s`."))
    #expect(outcome.status == 1)
    let draw = try #require(verdict.stages.first { $0.artifact == "Draw" })
    let sum = try #require(verdict.stages.first { $0.artifact == "Sum" })
    #expect(draw.outcome == "diverged" && draw.onRecordedInputs == nil)
    #expect(draw.detail?.contains("0.") == true, "\(draw)")
    #expect(sum.outcome == "diverged" && sum.onRecordedInputs == "identical", "\(sum)")
    let prose = try #require(verdict.findings.first { $0.kind == "prose" })
    #expect(prose.line == 21 && prose.message.contains("the report says"), "\(prose)")
    let text = try place.colophon("verify", "n.md").output
    #expect(text.contains("Draw (line 16): diverged by itself"), "\(text)")
    #expect(text.contains("Sum (line 17): diverged because of its inputs"), "\(text)")
  }

  @Test(arguments: [("1e-5", "diverged"), ("0.01", "equivalent")])
  func `Numbers within the tolerance are equivalent, others are not`(_ tolerance: String, _ expected: String) throws {
    let (outcome, verdict) = try verified(
      Self.notebook(
        """
        struct Near: Stage {
          var base = 2.0
          func run(_ context: StageContext) async throws -> [Double] { [base, base + .random(in: 0.0002..<0.0009)] }
        }
        """, "//| tolerance: \(tolerance)\nlet n = try await Near()()\nn"))
    #expect(verdict.outcome(of: "Near") == expected, "\(verdict)")
    #expect(outcome.status == (expected == "equivalent" ? 0 : 1))
    if expected == "equivalent" { #expect((verdict.stages[0].largestDifference ?? 0) > 0) }
  }

  @Test func `Reads of what is not declared are findings`() throws {
    try place.write("secret.txt", "hidden")
    let (outcome, verdict) = try verified(
      Self.notebook(
        """
        struct Sneaky: Stage {
          var limit = 3
          func run(_ context: StageContext) async throws -> String {
            _ = FileManager.default.fileExists(atPath: "absent.txt")
            return String(((try? String(contentsOfFile: "secret.txt", encoding: .utf8)) ?? "none").prefix(limit))
          }
        }
        """, "let s = try await Sneaky()()\ns"))
    #expect(outcome.status == 1)
    #expect(verdict.outcome(of: "Sneaky") == "diverged")
    let read = try #require(verdict.findings.first { $0.kind == "undeclared read" })
    #expect(read.subject == place.root.path + "/secret.txt" && read.stage == "Sneaky" && read.line == 15, "\(read)")
    let probe = try #require(verdict.findings.first { $0.kind == "probe" })
    #expect(probe.subject == place.root.path + "/absent.txt")
  }

  @Test func `A look for an absent file is reported by itself and does not fail`() throws {
    let (outcome, verdict) = try verified(
      Self.notebook(
        """
        struct Looks: Stage {
          var name = "absent.txt"
          func run(_ context: StageContext) async throws -> Bool { FileManager.default.fileExists(atPath: name) }
        }
        """, "let s = try await Looks()()\ns"))
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(verdict.findings.map(\.kind) == ["probe"])
  }

  @Test func `Declared files and folders are seen and nothing else`() throws {
    try FileManager.default.createDirectory(
      at: place.root.appending(path: "data/more"), withIntermediateDirectories: true)
    for name in ["words.txt", "data/a.txt", "data/more/b.txt", "data/c.bin"] { try place.write(name, name) }
    let (outcome, verdict) = try verified(
      Self.notebook(
        """
        struct Reads: Stage {
          var file = InputFile("words.txt")
          var folder = InputFolder("data", suffixes: [".txt"])
          func run(_ context: StageContext) async throws -> [String] {
            try [file.path, "data/a.txt", "data/more/b.txt"].map { try String(contentsOfFile: $0, encoding: .utf8) }
          }
        }
        """, "let s = try await Reads()()\ns"))
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(verdict.outcome(of: "Reads") == "identical" && verdict.findings.isEmpty, "\(verdict.findings)")
  }

  @Test func `A call over the network is a finding with its address`() throws {
    let (outcome, verdict) = try verified(
      Self.notebook(
        """
        struct Calls: Stage {
          var port: UInt16 = 9
          func run(_ context: StageContext) async throws -> Int {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(socket) }
            return withUnsafePointer(to: &address) {
              $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Int(connect(socket, $0, 16)) }
            }
          }
        }
        """, "let s = try await Calls()()\ns"))
    #expect(outcome.status == 1)
    let call = try #require(verdict.findings.first { $0.kind == "network" })
    #expect(call.subject == "127.0.0.1:9" && call.stage == "Calls")
  }

  @Test func `A stage that traps fails and the others are verified`() throws {
    try place.write("words.txt", "fine")
    let text = Self.notebook(
      Self.steady + """

        struct Traps: Stage {
          var file = InputFile("words.txt")
          func run(_ context: StageContext) async throws -> Int {
            let word = try String(contentsOfFile: file.path, encoding: .utf8)
            if getpid() > 0, getenv("COLOPHON_STAGE") != nil { return [1][word.count] }
            return word.count
          }
        }
        """, "let t = try await Twice(value: 3)()\nt\n```\n\n```swift\nlet u = try await Traps()()\nu")
    let (outcome, verdict) = try verified(text)
    #expect(outcome.status == 1)
    #expect(verdict.outcome(of: "Twice") == "identical")
    let traps = try #require(verdict.stages.first { $0.artifact == "Traps" })
    #expect(traps.outcome == "failed" && traps.detail?.contains("trapped") == true, "\(traps)")
  }

  @Test(arguments: [("--time", "1s", "ran longer"), ("--memory", "200M", "MiB of memory")])
  func `A stage that goes over a limit is ended and named`(option: String, value: String, reason: String) throws {
    let text = Self.notebook(
      """
      struct Greedy: Stage {
        var seconds = 60.0
        func run(_ context: StageContext) async throws -> Int {
          // Only in a sandbox does it want more than it gets.
          guard getenv("COLOPHON_STAGE") != nil else { return 1 }
          var blocks: [[UInt8]] = []
          let end = Date().addingTimeInterval(seconds)
          while Date() < end, blocks.count < 100 {
            if CommandLine.arguments.count > 5 { break }
            blocks.append([UInt8](repeating: UInt8(blocks.count & 255), count: 8 << 20))
            try await Task.sleep(for: .milliseconds(100))
          }
          return blocks.count
        }
      }
      """, "let s = try await Greedy()()\ns")
    let (outcome, verdict) = try verified(text, option, value)
    #expect(outcome.status == 1)
    #expect(
      verdict.stages[0].outcome == "failed" && verdict.stages[0].detail?.contains(reason) == true,
      "\(verdict.stages[0])")
  }

  @Test func `Parts are verified on recorded inputs`() throws {
    let (outcome, verdict) = try verified(
      Self.notebook(Self.chance, "let d = try await Draw()()\nlet s = try await Sum(values: d)()\ns"), "--stage", "Sum")
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(verdict.stages.map(\.artifact) == ["Sum"] && verdict.executed == 1)
    #expect(verdict.outcome(of: "Sum") == "identical")
    let other = try verify(["--stage", "Draw"])
    #expect(other.outcome.status == 1 && other.verdict.outcome(of: "Draw") == "diverged")
    let sample = try verify(["--sample", "1", "--seed", "5"])
    #expect(sample.verdict.stages.count == 1)
    #expect(
      try verify(["--sample", "1", "--seed", "5"]).verdict.stages.map(\.artifact)
        == sample.verdict.stages.map(\.artifact))
    let unknown = try place.colophon("verify", "n.md", "--stage", "Nonsense")
    #expect(unknown.status == 1 && unknown.errors.contains("no stage Nonsense"), "\(unknown.errors)")
  }

  @Test func `Without a lock there is nothing to verify`() throws {
    try place.write("n.md", Self.notebook(Self.steady, "let a = try await Twice()()\na"))
    let outcome = try place.colophon("verify", "n.md")
    #expect(outcome.status == 1 && outcome.errors.contains("run the notebook first"), "\(outcome.errors)")
  }

  @Test func `Recorded bytes that are gone are reported as gone`() throws {
    try place.write("n.md", Self.notebook(Self.chance, "let d = try await Draw()()\nd"))
    #expect(try place.colophon("run", "n.md").status == 0)
    try FileManager.default.removeItem(at: place.root.appending(path: "Artifacts/store.git"))
    try FileManager.default.removeItem(at: place.root.appending(path: ".colophon"))
    let (outcome, verdict) = try verify()
    #expect(outcome.status == 1)
    #expect(verdict.stages[0].detail?.contains("not in the store") == true, "\(verdict.stages)")
  }

  @Test func `Without a sandbox the verdict says so`() throws {
    let (outcome, verdict) = try verified(Self.notebook(Self.steady, "let a = try await Twice()()\na"), "--no-sandbox")
    #expect(outcome.status == 0 && !verdict.isSandboxed)
    #expect(verdict.findings.map(\.kind) == ["sandbox"])
    #expect(try place.colophon("verify", "n.md", "--no-sandbox").output.contains("WITHOUT a sandbox"))
  }

  @Test func `Without bubblewrap the message says what to do`() throws {
    try place.write("n.md", Self.notebook(Self.steady, "let a = try await Twice()()\na"))
    #expect(try place.colophon("run", "n.md").status == 0)
    let folder = place.root.appending(path: "bin")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = try #require(ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map(String.init))
    let compiler = try #require(path.first { FileManager.default.isExecutableFile(atPath: $0 + "/swiftc") })
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/swiftc", withDestinationPath: compiler + "/swiftc")
    let outcome = try place.colophon(["verify", "n.md"], environment: ["PATH": folder.path])
    #expect(outcome.status == 1 && outcome.errors.contains("bubblewrap"), "\(outcome.errors)")
  }

  @Test func `A stage cannot lead the command to other files`() throws {
    try place.write("secret.txt", "hidden")
    let (outcome, verdict) = try verified(
      Self.notebook(
        """
        struct Words: FileArtifact {
          static var format: String { "words/1" }
          let content: ArtifactContent
          init(content: ArtifactContent) { self.content = content }
        }
        struct Links: Stage {
          var target = "\(place.root.path)/secret.txt"
          func run(_ context: StageContext) async throws -> Words {
            guard getenv("COLOPHON_STAGE") != nil else {
              return Words(content: ArtifactContent(bytes: Array("x".utf8), name: "w.txt"))
            }
            try FileManager.default.createSymbolicLink(atPath: context.file("w.txt"), withDestinationPath: target)
            let digest = Digest(of: "hidden")
            return Words(content: ArtifactContent(files: [
              ContentFile(name: "w.txt", digest: digest, byteCount: 6, location: .path(context.file("w.txt")))
            ]))
          }
        }
        """, "let w = try await Links()()\nw.content.byteCount"))
    #expect(outcome.status == 1)
    let links = try #require(verdict.stages.first)
    #expect(
      links.outcome == "failed" && links.detail?.contains("outside of the stage's own folder") == true, "\(links)")
  }

  @Test func `The sandbox hides the home and the store and lets nothing be written`() throws {
    let (outcome, verdict) = try verified(
      Self.notebook(
        """
        struct Tries: Stage {
          var paths = ["\(place.root.path)/Artifacts/store.git", "/root", "/home", "/var/lib", \
          "/etc/passwd", "/etc/shadow"]
          func run(_ context: StageContext) async throws -> [String] {
            guard getenv("COLOPHON_STAGE") != nil else { return [] }
            let seen = paths.filter { FileManager.default.fileExists(atPath: $0) }
            let written = ["/usr/x", "/x", "\(place.root.path)/x"].filter \
            { FileManager.default.createFile(atPath: $0, contents: nil) }
            return seen + written
          }
        }
        """, "let w = try await Tries()()\nw.count"))
    #expect(outcome.status == 1)
    #expect(verdict.outcome(of: "Tries") == "identical", "\(verdict.stages)")
    #expect(verdict.findings.contains { $0.subject == place.root.path + "/Artifacts/store.git" })
    #expect(!FileManager.default.fileExists(atPath: place.root.path + "/x"))
  }

  @Test func `A page is written that runs nothing`() throws {
    try place.write("n.md", Self.notebook(Self.chance, "let d = try await Draw()()\nd.count"))
    #expect(try place.colophon("run", "n.md").status == 0)
    #expect(try place.colophon("verify", "n.md", "--html", "verdict.html").status == 1)
    let page = try place.read("verdict.html")
    #expect(page.contains("default-src 'none'") && page.contains("diverged") && !page.contains("<script"))
  }

  @Test func `A statement is signed and compared with others`() throws {
    try place.write("n.md", Self.notebook(Self.steady, "let a = try await Twice(value: 4)()\na"))
    #expect(try place.colophon("run", "n.md").status == 0)
    let key = place.root.path + "/key"
    let keygen = Process()
    keygen.executableURL = URL(fileURLWithPath: "/usr/bin/ssh-keygen")
    keygen.arguments = ["-q", "-t", "ed25519", "-N", "", "-C", "tester", "-f", key]
    try keygen.run()
    keygen.waitUntilExit()
    let outcome = try place.colophon("verify", "n.md", "--attest", "--key", key)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let folder = place.root.path + "/Artifacts/n/attestations"
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
    let table = try place.colophon("attestations", "n")
    #expect(table.status == 0 && table.output.contains("Twice"), "\(table.output) \(table.errors)")
  }

  @Test(arguments: [
    ["--memory", "much"], ["--time", "-1"], ["--sample", "0"], ["--key", "k"], ["--attest", "--stage", "X"],
  ])
  func `Wrong options are refused with what they take`(options: [String]) throws {
    try place.write("n.md", Self.notebook(Self.steady, "1"))
    #expect(try place.colophon(["verify", "n.md"] + options).status == 64)
  }
}
