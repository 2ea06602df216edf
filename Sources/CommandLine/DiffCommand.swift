internal import ArgumentParser
internal import ArtifactStore
internal import Core
internal import Differences
internal import Driver
internal import Foundation
internal import Glibc
internal import Report
internal import TextFormatting

/// The choice of coloured text.
enum ColourChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, always, never

  /// True when text on standard output is coloured. Source: https://no-color.org.
  var isOn: Bool {
    switch self {
    case .always: true
    case .never: false
    case .auto:
      isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
        && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    }
  }
}

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Show what changed inside of artifacts, versions or files.",
    discussion: """
      `colophon diff ComputeThresholds@worldwide~1 ComputeThresholds@worldwide` compares an artifact of two versions \
      by its type: entries by language, rows by key, tensors, pixels. `colophon diff worldwide~1 worldwide` says \
      which artifacts of two versions are new, gone or changed. Either side may also be a lock.json, another file on \
      disk, or only an artifact's name, when one notebook has it. Curated pairs are also compared by entry, when \
      their version has the index that they were matched with. Exit status 0 with and without differences.
      """)

  @Argument(
    help: "ARTIFACT@REVISION, an artifact, a revision as `colophon help show` explains, a lock.json, or a file.")
  var old: String
  @Argument(help: "The other side of the comparison, of the same kind.") var new: String
  @Flag(name: .long, help: "Print JSON.") var json = false
  @Option(name: .long, help: ArgumentHelp("Write a page with pictures side by side.", valueName: "file")) var html:
    String?
  @Option(name: .long, help: "Rows and examples of each kind.") var limit = 20
  @Option(
    name: .long,
    help: "The artifact format of two files or folders, such as metadata/2; a file's by its name unless given.")
  var format: String?
  @Option(name: .long, help: "Colours: auto, always or never.") var color = ColourChoice.auto
  @OptionGroup var project: ProjectOptions

  func validate() throws {
    guard limit >= 0 else { throw ValidationError("--limit must be at least 0") }
  }

  func run() throws {
    let (found, store) = try openProject()
    let sides = DiffSides(project: found, store: store)
    let first = try sides.side(old, format: format)
    let second = try sides.side(new, format: format)
    let limits = DifferenceLimits(
      rows: limit, pictures: html == nil && !json ? 0 : max(1, limit),
      scratch: FileManager.default.temporaryDirectory.path)

    let report = try DiffReport(old: first, new: second, store: store, limits: limits, entries: MatchedEntries.init)
    if let html {
      let page = DifferencePage(
        title: "\(report.old) → \(report.new)", differences: report.differences, notes: report.notes
      ).page
      do { try page.write(toFile: html, atomically: true, encoding: .utf8) } catch {
        throw OperationError(operation: "write the page", subject: html, cause: error.localizedDescription)
      }
    }

    if json {
      try Terminal.print(json: report)
    } else if html == nil {
      Terminal.print(text(report))
    } else if let html {
      Terminal.print(URL(fileURLWithPath: html).standardizedFileURL.path)
    }
    guard report.failures.isEmpty else {
      for failure in report.failures { Terminal.error("colophon: \(failure.name) was not compared: \(failure.reason)") }
      throw ExitCode.failure
    }
  }

  /// Files can be compared where there is no store.
  private func openProject() throws -> (Project, ArtifactStore?) {
    let found =
      project.project.map { Project(root: URL(fileURLWithPath: $0).standardizedFileURL.path) }
      ?? Project(containing: "./x")
    guard FileManager.default.fileExists(atPath: found.store) else { return (found, nil) }
    return (found, try project.store())
  }

  private func text(_ report: DiffReport) -> String {
    let width = Self.columns
    let texts = report.differences.map { DifferenceText($0, width: width, hasColour: color.isOn) }
    guard report.isOfVersions else { return texts.map(\.text).joined(separator: "\n\n") }
    var lines = texts.map(\.headline)
    lines += report.notes.map(TerminalWidth.safe)
    return lines.joined(separator: "\n")
  }

  /// The width of the terminal on standard output; 120 when that is not a terminal.
  private static var columns: Int {
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 120
  }
}

struct InstallGitDriverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install-git-driver", abstract: "Let git diff and git log -p show what changed inside of artifacts.",
    discussion: """
      Writes a diff driver into the configuration of the project's git repository and of Artifacts/store.git, and \
      the files that it is for into .gitattributes. Other lines stay; doing it twice changes nothing. `git diff` \
      then compares lock.json by the contents of the artifacts.
      """)

  @Flag(name: .long, help: "Remove the driver again.") var uninstall = false
  @Option(name: .long, help: "The project's folder; found from the working directory unless given.") var project:
    String?

  func run() throws {
    let found =
      project.map { Project(root: URL(fileURLWithPath: $0).standardizedFileURL.path) } ?? Project(containing: "./x")
    let command = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "colophon"
    let driver = GitDriver(project: found, command: command)
    for line in try uninstall ? driver.uninstall() : driver.install() { Terminal.print(line) }
  }
}

/// The command that git calls for either side of a comparison.
struct GitTextconvCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "git-textconv", abstract: "Print a file as lines that git compares.", shouldDisplay: false)

  @Argument(help: "The file.") var file: String
  @Option(name: .long, help: "The project's folder.") var project: String

  func run() throws {
    let project = Project(root: URL(fileURLWithPath: project).standardizedFileURL.path)
    do {
      Terminal.print(try GitText.lines(file, project: project).joined(separator: "\n"))
    } catch {
      // A damaged file is shown unchanged: git must not stop there.
      FileHandle.standardOutput.write(FileManager.default.contents(atPath: file) ?? Data())
    }
  }
}
