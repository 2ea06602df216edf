import Foundation
import Testing

/// Sources of results that do not come out again: those that a run holds still, and those that it names.
@Suite struct HoldingStillTests {
  let place: CommandWorkplace

  init() throws { place = try CommandWorkplace() }

  /// A shell of a user far away, with settings that many programs follow.
  static let farAway = [
    "TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8", "LC_ALL": "de_DE.UTF-8", "LC_NUMERIC": "de_DE.UTF-8", "FOO": "bar",
    "BAZ": "baz",
    "PYTHONHASHSEED": "7", "LANGUAGE": "de", "COLUMNS": "40",
  ]

  /// Runs the command from a shell with another mask of new files and another stack.
  func colophon(_ arguments: [String], _ environment: [String: String] = farAway) throws -> CommandWorkplace.Outcome {
    let process = try place.process([])
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    let settings = "umask 077; ulimit -S -s 6144; exec \"$0\" \"$@\""
    process.arguments = ["-c", settings, CommandWorkplace.command] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    try process.run()
    process.waitUntilExit()
    return .init(
      status: process.terminationStatus, output: try place.read(".output"), errors: try place.read(".errors"))
  }

  static let notebook = #"""
    # N

    ```swift
    struct Still: Stage {
      var folder = InputFolder("data")

      func run(_ context: StageContext) async throws -> [String] {
        let words = ["ash", "birch", "cedar", "date", "elm", "fir", "gum", "hazel"]
        let lengths = Dictionary(uniqueKeysWithValues: words.map { ($0, $0.count) })
        var lines = ["set \(Array(Set(words)))", "dictionary \(lengths.map(\.key))", "hash \("word".hashValue)"]

        let start = Date(timeIntervalSince1970: 0)
        let dates = DateFormatter()
        dates.dateStyle = .full
        dates.timeStyle = .full
        lines.append("date " + dates.string(from: start))
        lines.append("zone \(TimeZone.current.secondsFromGMT(for: start)), \(1234.5.formatted())")
        lines.append("locale \(Locale.current.identifier)")
        lines.append("week \(Calendar.current.firstWeekday), \(String(format: "%.1f", 0.5))")
        lines.append("home \(NSHomeDirectory()), \(NSTemporaryDirectory())")
        let variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("COLOPHON_") }
        lines.append("variables " + variables.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " "))

        FileManager.default.createFile(atPath: context.file("new"), contents: Data())
        let attributes = try FileManager.default.attributesOfItem(atPath: context.file("new"))
        lines.append("mode \((attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0)")
        var stack = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_STACK.rawValue), &stack)
        lines.append("stack \(stack.rlim_cur)")
        let files = try folder.paths()
        lines.append("folder \(FileManager.default.currentDirectoryPath), files \(files)")
        let heard = try shell("echo $TZ $LANG $LC_ALL $HOME $TMPDIR $PATH $FOO; umask")
        lines.append("shell " + heard)
        return lines
      }

      func shell(_ command: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
      }
    }

    struct Restless: Stage {
      var count = 1

      func run(_ context: StageContext) async throws -> [String] {
        let first = "\(Date().timeIntervalSince1970) \(Int.random(in: 0..<1_000_000_000)) \(getpid())"
        return [first, ProcessInfo.processInfo.hostName, getenv("FOO") == nil ? "nothing" : "something"]
      }
    }

    struct Identified: Stage {
      var count = 1
      func run(_ context: StageContext) async throws -> String {
        UUID().uuidString + (ProcessInfo.processInfo.environment["BAZ"] ?? "")
      }
    }
    ```

    ```swift
    //| label: calls
    async let still = Still()()
    async let restless = Restless()()
    async let identified = Identified()()
    let lines = try await still
    let counts = try await (restless.count, identified.count)
    lines.joined(separator: "\n")
    ```

    ```swift
    Set(["x", "y", "z", "w"])
    ```

    ```swift
    ["b": Date(timeIntervalSince1970: 0), "a": Date(timeIntervalSince1970: 0.5)]
    ```
    """#

  @Test func `A run holds still what it can and names the rest`() throws {
    try FileManager.default.createDirectory(
      at: place.root.appending(path: "data/sub"), withIntermediateDirectories: true)
    for name in ["b.txt", "a.txt", "sub/c.txt", "B.txt"] { try place.write("data/" + name, name) }
    try place.write("n.md", Self.notebook)

    let first = try colophon(["run", "n.md"])
    #expect(first.status == 0, "\(first.errors)")
    for finding in [
      "Restless: it reads the clock", "Restless: it draws random numbers without a seed",
      "Restless: it reads the name of the machine", "Restless: it reads the number of its process",
      "Restless: `FOO` is not declared: the stage sees nothing", "Identified: it draws random numbers",
    ] {
      #expect(first.errors.components(separatedBy: "note    \(finding)").count == 2, "\(finding): \(first.errors)")
    }
    #expect(!first.errors.contains("note    Still"), "\(first.errors)")
    #expect(first.errors.contains("n.md:62:26: warning: `BAZ` is not declared"), "\(first.errors)")
    #expect(first.errors.components(separatedBy: "`BAZ`").count == 2, "\(first.errors)")
    #expect(!first.errors.contains("Identified: it reads"), "\(first.errors)")

    let report = try place.read("Artifacts/n/report.md")
    for line in [
      "zone 0", "home /dev/null, /tmp/", "mode 420\n", "stack 8388608\n", "UTC C.UTF-8 C.UTF-8 /dev/null /tmp",
      "[\"w\", \"x\", \"y\", \"z\"]", "[\"a\": 1970-01-01T00:00:00.500Z, \"b\": 1970-01-01T00:00:00Z]",
      "[\"data/B.txt\", \"data/a.txt\", \"data/b.txt\", \"data/sub/c.txt\"]", "it reads the clock",
    ] {
      #expect(report.contains(line), "\(line): \(report)")
    }
    #expect(!report.contains("FOO=") && !report.contains("de_DE") && !report.contains("Tokyo"), "\(report)")

    // From here on all comes from the store, under other settings each time.
    var reports: Set<String> = []
    for zone in ["UTC", "America/Lima", "Asia/Tokyo"] {
      #expect(try colophon(["run", "n.md"], ["TZ": zone, "LANG": "C", "FOO": zone]).status == 0)
      reports.insert(try place.read("Artifacts/n/report.md"))
    }
    #expect(reports.count == 1)
    #expect(reports.first?.contains("it draws random numbers without a seed") == true)

    let verified = try place.colophon("verify", "n.md", "--json")
    let verdict = try JSONDecoder().decode(VerifyTests.Answer.self, from: Data(verified.output.utf8))
    #expect(verdict.outcome(of: "Still") == "identical", "\(verdict)")
    #expect(verdict.outcome(of: "Restless") == "diverged" && verdict.outcome(of: "Identified") == "diverged")
  }

  static let declaring = #"""
    ---
    environment: [DATA_VERSION]
    secrets: [TOKEN]
    ---

    ```swift
    func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "none" }

    struct Fetch: Stage {
      var place = "here"

      func run(_ context: StageContext) async throws -> String {
        context.note("with \(variable("TOKEN"))")
        return "version \(variable("DATA_VERSION")), \(variable("TOKEN").count) letters"
      }
    }
    ```

    ```swift
    let fetched = try await Fetch()()
    print("printed \(variable("TOKEN"))")
    fetched
    ```

    ```swift
    "shown " + variable("TOKEN")
    ```
    """#

  @Test func `A declared variable counts and a secret is kept nowhere`() throws {
    try place.write("n.md", Self.declaring)
    let secret = "hunter2/\"quoted\"/hunter3"
    func run(_ version: String, _ token: String) throws -> CommandWorkplace.Outcome {
      try place.colophon("run", "n.md", environment: ["DATA_VERSION": version, "TOKEN": token])
    }
    let first = try run("1", secret)
    #expect(first.status == 0 && CommandWorkplace.ran(first.errors) == ["Fetch"], "\(first.errors)")
    #expect(!first.errors.contains("hunter2") && !first.errors.contains("is not declared"), "\(first.errors)")
    let report = try place.read("Artifacts/n/report.md")
    #expect(report.contains("version 1, \(secret.count) letters"), "\(report)")
    #expect(report.contains("printed •••") && report.contains("shown •••") && !report.contains("hunter2"), "\(report)")

    // The secret may be another one; the version may not.
    #expect(CommandWorkplace.ran(try run("1", String(secret.reversed())).errors) == [])
    let plan = try place.colophon("plan", "n.md", environment: ["DATA_VERSION": "2", "TOKEN": secret])
    #expect(plan.output.contains("DATA_VERSION 1 → 2"), "\(plan.output)")
    #expect(CommandWorkplace.ran(try run("2", secret).errors) == ["Fetch"])

    let verified = try place.colophon("verify", "n.md", environment: ["DATA_VERSION": "2", "TOKEN": secret])
    #expect(verified.status == 0, "\(verified.output) \(verified.errors)")
    #expect(!verified.output.contains("hunter2") && !verified.errors.contains("hunter2"))
    let files = try #require(FileManager.default.enumerator(at: place.root, includingPropertiesForKeys: nil))
    for case let file as URL in files {
      let bytes = (try? Data(contentsOf: file)) ?? Data()
      #expect(bytes.range(of: Data("hunter2".utf8)) == nil, "\(file.path)")
    }

    // As a property it would be in the key and its record.
    try place.write(
      "n.md", Self.declaring.replacing("Fetch()()", with: "Fetch(place: variable(\"TOKEN\"))()"))
    let leaking = try run("2", secret)
    #expect(leaking.status == 1)
    #expect(leaking.errors.contains("its property place has the value of the secret TOKEN"), "\(leaking.errors)")
    #expect(!leaking.errors.contains("hunter2"), "\(leaking.errors)")
  }
}
