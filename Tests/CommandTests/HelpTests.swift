import Foundation
import Testing

/// The help of the command, and the notebook that it writes for beginners.
@Suite struct HelpTests {
  static let commands = [
    "run", "plan", "why", "verify", "diff", "log", "show", "export", "stages", "remote", "push", "pull", "attestations",
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
