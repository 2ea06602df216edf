internal import ArgumentParser
internal import ArtifactStore
internal import Core
internal import Driver
internal import Foundation
internal import TextFormatting

/// The project of a command that reads its store.
struct ProjectOptions: ParsableArguments {
  @Option(name: .long, help: "The project's folder; found from the working directory unless given.")
  var project: String?

  /// The project, which must have a store.
  func found() throws -> Project {
    let project =
      project.map { Project(root: URL(fileURLWithPath: $0).standardizedFileURL.path) } ?? Project(containing: "./x")
    guard FileManager.default.fileExists(atPath: project.store) else {
      throw OperationError(
        operation: "open the store", subject: project.store, reason: "there is none yet",
        advice: "run a notebook first")
    }
    return project
  }

  /// The project's store, which must exist.
  func store() throws -> ArtifactStore {
    let project = try found()
    return try ArtifactStore(project: project) { Terminal.error($0) }
  }
}

struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "List the versions of a notebook's artifacts, newest first.",
    discussion: """
      A run makes a version when a stage, an output or a parameter differs from the version before. Runs with other \
      parameters have names of their own, such as curation-with-sample-150; versions that `colophon pull` found at \
      the remote lab, such as lab/curation. Versions of a remote that were joined with those here are in the list.
      """)

  @Argument(help: "Notebooks' paths, or names; every notebook unless given.") var notebooks: [String] = []
  @Option(name: .shortAndLong, help: "The most versions to list.") var number = 20
  @Flag(name: .long, help: "Print JSON.") var json = false
  @OptionGroup var project: ProjectOptions

  private struct Row: Encodable {
    var notebook: String
    var commit: String
    var time: Int64
    var message: String
    var parents: [String]
  }

  func run() throws {
    let store = try project.store()
    let known = try store.notebooks()
    // A run with other parameters may be named `x-with-rate-0.5`, which is no path with an extension.
    // What a pull found at a remote is named `lab/x`, which is no path either.
    let found = try project.found()
    let named = try notebooks.map { word in
      try NotebookName.name(of: word, in: found) {
        try known.contains($0) || !store.log(notebook: $0, limit: 1).isEmpty
      }
    }
    let names = named.isEmpty ? known : named

    let rows = try names.flatMap { name in
      try store.history(notebook: name, limit: number).map {
        Row(
          notebook: name, commit: "\($0.id)", time: $0.time, message: $0.message, parents: $0.parents.map { "\($0)" })
      }
    }

    if json { return try Terminal.print(json: rows) }
    guard !rows.isEmpty else { return Terminal.error("there are no versions yet") }
    Terminal.print(
      Terminal.table(
        rows.map {
          [
            String($0.commit.prefix(10)), TimeText.date(Double($0.time)), $0.notebook,
            $0.message.split(separator: "\n").first.map(String.init) ?? "",
          ]
        }))
  }
}

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a version's artifacts, or one of them.",
    discussion: """
      `colophon show worldwide` lists the artifacts of the last version of worldwide.md; `colophon show worldwide \
      ComputeThresholds` prints one. A revision is a notebook's name, the name of a run with other parameters, \
      either with ~2 after it for the version two before the last, or a commit from `colophon log`.
      """)

  @Argument(help: "A notebook's name, or a revision as `colophon help show` explains.") var revision: String
  @Argument(help: "An artifact's name.") var artifact: String?
  @Flag(name: .long, help: "Print JSON.") var json = false
  @OptionGroup var project: ProjectOptions

  func run() throws {
    let store = try project.store()
    guard let artifact else {
      let artifacts = try store.artifacts(at: revision)
      if json { return try Terminal.print(json: artifacts) }
      return Terminal.print(
        Terminal.table(
          artifacts.map {
            [$0.name, $0.content.format, NumberText.bytes($0.content.byteCount), $0.content.digest.short]
          }))
    }

    let named = try store.read(artifact, at: revision)
    if json { return try Terminal.print(json: named) }
    let files = store.content(of: named.content).files
    for file in files {
      if files.count > 1 { Terminal.error("\(file.name), \(NumberText.bytes(file.byteCount))") }
      let bytes = try file.bytes()
      if bytes.count <= 1 << 20, !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) {
        Terminal.pass(text)
        if bytes.last != UInt8(ascii: "\n") { Terminal.print("") }
      } else {
        Terminal.error(
          """
          \(file.name) is \(NumberText.bytes(file.byteCount)) of binary or long content: \
          `colophon export` writes it to a file
          """)
      }
    }
  }
}

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write an artifact of a version to disk.",
    discussion: """
      `colophon export worldwide~1 ComputeThresholds thresholds.json` writes the artifact of the version before the \
      last. Prints the path.
      """)

  @Argument(help: "A notebook's name, or a revision as `colophon help show` explains.") var revision: String
  @Argument(help: "The artifact's name.") var artifact: String
  @Argument(help: "The file or, for an artifact of several files, the folder to write.") var destination: String
  @Flag(name: .long, help: "Replace an existing file or folder.") var force = false
  @OptionGroup var project: ProjectOptions

  func run() throws {
    let path = URL(fileURLWithPath: destination).standardizedFileURL.path
    if FileManager.default.fileExists(atPath: path) {
      guard force else {
        throw OperationError(
          operation: "export the artifact", subject: destination, reason: "the file exists",
          advice: "--force replaces it")
      }
      try FileManager.default.removeItem(atPath: path)
    }
    try project.store().export(artifact, at: revision, to: path)
    Terminal.print(path)
  }
}

struct StagesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stages",
    abstract: "List the stages of a version with their keys and outputs, or all stages that ever ran here."
  )

  @Argument(help: "A notebook's name, or a revision; every stage that ever ran unless given.") var revision: String?
  @Flag(name: .long, help: "Print JSON.") var json = false
  @OptionGroup var project: ProjectOptions

  func run() throws {
    let store = try project.store()
    if let revision {
      let lock = try store.lock(at: revision)
      if json { return FileHandle.standardOutput.write(Data(lock)) }
      return Terminal.tell(
        try LockListing.text(lock, revision: revision) { keys in try store.origins(of: keys).mapValues(\.text) })
    }

    let names = try store.stageNames()
    if json { return try Terminal.print(json: names) }
    Terminal.print(
      Terminal.table(
        try names.map { name in
          let last = try store.records(ofStage: name, limit: 1).first
          return [
            name, last.map { TimeText.date($0.started) } ?? "",
            last.map { NumberText.duration($0.cost.seconds) } ?? "",
          ]
        }))
  }
}
