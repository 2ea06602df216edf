internal import ArgumentParser
internal import Core
internal import Driver

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check that everything a run needs is here.",
    discussion: """
      Looks at the compiler, the libraries, the data that set-up fetches, the folders and the free space, and says \
      what to do. Exit status 1 when something is missing.
      """)

  @Flag(name: .long, help: "Print JSON.") var json = false

  func run() throws {
    let findings = Doctor.examine(Project(containing: "./x"))
    if json {
      try Terminal.print(json: findings)
    } else {
      let signs: [Doctor.Finding.State: String] = [.good: "ok", .warning: "warning", .bad: "missing"]
      Terminal.print(Terminal.table(findings.map { [signs[$0.state] ?? "", $0.subject, $0.detail] }))
    }
    if findings.contains(where: { $0.state == .bad }) { throw ExitCode(1) }
  }
}
