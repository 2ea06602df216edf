import Foundation
import Testing

/// The help of the command, and the notebook that it writes for beginners.
@Suite struct HelpTests {
  static let commands = [
    "run", "plan", "why", "verify", "diff", "log", "show", "export", "stages", "remote", "push", "pull", "resolve",
    "attestations",
    "gc",
    "fsck", "new", "doctor", "install-git-driver",
  ]

  let place: CommandWorkplace

  init() throws { place = try CommandWorkplace() }

  @Test(arguments: commands)
  func `The examples in help are valid`(command: String) throws {
    let outcome = try place.colophon("help", command)
    #expect(outcome.status == 0)
    let text = outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(text.hasPrefix("OVERVIEW: ") && text.contains("USAGE: colophon \(command)"))
    for example in text.matches(of: #/`colophon ([^`]+)`/#) {
      let arguments = example.1.split(separator: " ").map(String.init)
      #expect(try place.colophon(arguments).status != 64, "\(example.0)")
    }
  }

  @Test func `The overview lists every command`() throws {
    let outcome = try place.colophon("--help")
    for command in Self.commands { #expect(outcome.output.contains("\n  \(command) "), "\(command)") }
    #expect(try place.colophon("--version").output.hasPrefix("colophon "))
  }

  @Test func `Doctor finds what a run needs, and says what to do about what is missing`() throws {
    struct Finding: Codable {
      var subject, state, detail: String
    }
    func findings(_ environment: [String: String] = [:]) throws -> (status: Int32, [Finding]) {
      let outcome = try place.colophon(["doctor", "--json"], environment: environment)
      return (outcome.status, try JSONDecoder().decode([Finding].self, from: Data(outcome.output.utf8)))
    }

    let (status, found) = try findings()
    #expect(status == 0 && !found.contains { $0.state == "bad" }, "\(found)")
    for subject in ["Swift", "libColophonTorch.so", "libColophonICU.so", "sandbox", "BLAS", "disk"] {
      #expect(found.contains { $0.subject == subject && !$0.detail.isEmpty }, "\(subject)")
    }
    // A project without the data of set-up has no language identifier, which is a warning.
    let identifier = try #require(found.first { $0.subject == "language identifier" })
    #expect(identifier.state == "warning" && identifier.detail.contains("make setup"))

    let (without, missing) = try findings(["PATH": place.root.path])
    let swift = try #require(missing.first { $0.subject == "Swift" })
    #expect(without == 1 && swift.state == "bad" && swift.detail.contains("PATH"))
    let table = try place.colophon("doctor").output
    #expect(table.contains("ok") && table.contains("warning") && table.contains("language identifier"))
  }

  @Test func `The notebook for beginners runs and is never replaced`() throws {
    #expect(try place.colophon("new", "Notebooks/mine.md").status == 0)
    let first = try place.colophon("run", "Notebooks/mine.md")
    #expect(first.status == 0, "\(first.errors)")
    #expect(try place.read("Artifacts/mine/report.md").contains("There are 9 rows in the table."))
    let other = try place.colophon("run", "Notebooks/mine.md", "--set", "limit=5000")
    #expect(other.status == 0 && CommandWorkplace.ran(other.errors) == ["CountPrimes"], "\(other.errors)")
    #expect(try place.read("Artifacts/mine-with-limit-5000/report.md").contains("| 4500 | "))
    #expect(try place.colophon("new", "Notebooks/mine.md").status == 1)
  }
}
