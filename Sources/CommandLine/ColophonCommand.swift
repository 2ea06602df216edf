internal import ArgumentParser
internal import Foundation

/// The command line. It is thin: each command finds its project, calls the modules below and prints.
@main
struct ColophonCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "colophon",
    abstract: "Run Markdown notebooks whose stages run only when something they depend on has changed.",
    discussion: """
      Data goes to standard output, progress and messages to standard error. Exit status: 0 done, 1 the notebook \
      failed, 64 wrong usage, 130 interrupted, 143 terminated, 129 the terminal was closed.
      """,
    version: "colophon 0.1.0",
    subcommands: [
      RunCommand.self, PlanCommand.self, WhyCommand.self, VerifyCommand.self, DiffCommand.self, LogCommand.self,
      ShowCommand.self, ExportCommand.self, StagesCommand.self, RemoteCommand.self, PushCommand.self, PullCommand.self,
      ResolveCommand.self, AttestationsCommand.self, GCCommand.self, FsckCommand.self, NewCommand.self,
      DoctorCommand.self,
      InstallGitDriverCommand.self, GitTextconvCommand.self,
    ])

  static func main() {
    // Swift's backtracer takes this signal for a crash, and waits for ever when it comes twice.
    signal(SIGQUIT, SIG_DFL)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error where isUsage(error) {
      exit(withError: error)
    } catch {
      Terminal.error("colophon: \(error)")
      Foundation.exit(Terminal.status(of: error))
    }
  }

  /// True when ArgumentParser has its own words for the error: help, version, wrong usage, an exit status.
  private static func isUsage(_ error: any Error) -> Bool {
    error is ExitCode || error is CleanExit || error is ValidationError || exitCode(for: error) != .failure
  }
}
