internal import ArtifactStore
package import Core
internal import Differences
internal import Foundation
internal import NotebookRuntime
internal import Processes
internal import TextFormatting

/// Lets `git diff` and `git log -p` show the changes inside artifacts.
///
/// Git's own line diff compares the lines that `colophon git-textconv FILE` prints for either side. The driver is in
/// the repository's configuration, which is not committed; `.gitattributes`, which is committed, names its files. Where
/// the driver is not installed git shows the files unchanged.
package struct GitDriver {
  private let project: Project
  private let command: String

  private static let begin = "# colophon: begin. Written by `colophon install-git-driver`, which also takes it away."
  private static let end = "# colophon: end"
  /// The files of the project's own repository that git shows through the driver.
  private static let patterns = ["Artifacts/*/lock.json", "Artifacts/**/*.svg", "*.npy", "*.safetensors"]
  /// The files of the store's repository, whose trees have the files of each artifact.
  private static let storePatterns = ["lock.json", "value.json", "*.npy", "*.safetensors", "*.svg"]

  /// A driver of one project.
  /// - Parameters:
  ///   - project: a project whose folder is in a git repository.
  ///   - command: the path of this program, which git starts.
  package init(project: Project, command: String) {
    self.project = project
    self.command = command
  }

  /// Installs the driver. A second time changes nothing.
  /// - Returns: a line for each step that was done.
  /// - Throws: ``OperationError`` when there is no git repository, when git fails, or when a file cannot be written.
  package func install() throws -> [String] {
    let root = try repository()
    let textconv = "\(Self.quoted(command)) git-textconv --project \(Self.quoted(project.root))"
    try configure(root, textconv)
    // In the project's folder, which may be inside the repository: the patterns count from there.
    try edit(project.root + "/.gitattributes", Self.patterns)
    var done = ["\(project.root)/.gitattributes names the files", "the driver is in the configuration of \(root)"]
    if FileManager.default.fileExists(atPath: project.store) {
      try configure(project.store, textconv)
      try FileManager.default.createDirectory(atPath: project.store + "/info", withIntermediateDirectories: true)
      try edit(project.store + "/info/attributes", Self.storePatterns)
      done.append("and in that of \(project.store), for `git -C \(project.store) log -p NOTEBOOK`")
    }
    return done
  }

  /// Removes the driver; other lines and settings stay.
  /// - Returns: a line for each step that was done.
  /// - Throws: ``OperationError`` when there is no git repository, when git fails, or when a file cannot be written.
  package func uninstall() throws -> [String] {
    let root = try repository()
    for (folder, attributes) in [
      (root, project.root + "/.gitattributes"), (project.store, project.store + "/info/attributes"),
    ]
    where FileManager.default.fileExists(atPath: folder) {
      // 5: there is no such section. Source: git-config(1).
      try git(folder, ["config", "--remove-section", "diff.colophon"], allowing: [5, 128])
      try edit(attributes, [])
    }
    return ["the driver is removed from \(root)"]
  }

  private func configure(_ folder: String, _ textconv: String) throws {
    try git(folder, ["config", "diff.colophon.textconv", textconv])
    // The line above a hunk names the artifact.
    try git(folder, ["config", "diff.colophon.xfuncname", "^([^ ].*)$"])
  }

  private func repository() throws -> String {
    let run = try Self.run(project.root, ["rev-parse", "--show-toplevel"])
    guard run.succeeded else {
      throw OperationError(
        operation: "set up git", subject: project.root, reason: "it is not in a git repository with a working tree",
        advice: "`git init` makes one")
    }
    return run.text.split(separator: "\n").first.map(String.init) ?? project.root
  }

  /// Replaces the lines between the marks, and removes a file that is empty then. Other lines stay unchanged.
  private func edit(_ path: String, _ patterns: [String]) throws {
    let before = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    var kept: [Substring] = []
    var isOurs = false
    for line in (before ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
      if line == Self.begin { isOurs = true }
      if !isOurs { kept.append(line) }
      if line == Self.end { isOurs = false }
    }
    guard !isOurs else {
      throw OperationError(
        operation: "set up git", subject: path, reason: "it has “\(Self.begin)” without “\(Self.end)”",
        advice: "repair it by hand")
    }

    // Empty lines at the end go: installing twice would add more of them.
    while kept.last?.isEmpty ?? false { kept.removeLast() }
    var lines = kept.map(String.init)
    if !patterns.isEmpty { lines += [Self.begin] + patterns.map { "\($0) diff=colophon" } + [Self.end] }
    let after = lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
    if after == before || (before == nil && after.isEmpty) { return }

    do {
      if after.isEmpty {
        try FileManager.default.removeItem(atPath: path)
      } else {
        try after.write(toFile: path, atomically: true, encoding: .utf8)
      }
    } catch {
      throw OperationError(
        operation: "set up git", subject: path, cause: "writing the file: \(error.localizedDescription)")
    }
  }

  private func git(_ folder: String, _ arguments: [String], allowing: Set<Int32> = []) throws {
    let run = try Self.run(folder, arguments)
    if run.succeeded || allowing.contains(run.status) { return }
    throw OperationError(
      operation: "run git \(arguments.joined(separator: " "))", subject: folder,
      cause: String(decoding: run.output, as: UTF8.self))
  }

  private static func run(_ folder: String, _ arguments: [String]) throws -> ToolRun {
    try ToolRun(detached: "git", ["-C", folder] + arguments)
  }

  /// A word as a shell reads it.
  private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}

/// A file as git compares it: lines of text.
package enum GitText {
  /// The lines of a lock file, with those of every artifact that the store has; or of another file, by its extension.
  /// - Parameters:
  ///   - path: the file, or git's copy of it.
  ///   - project: the project whose store is used, if there is one.
  /// - Throws: an error of reading the file.
  package static func lines(_ path: String, project: Project) throws -> [String] {
    let name = URL(fileURLWithPath: path).lastPathComponent
    guard name.hasSuffix("lock.json"), let lock = try? LockFile(path: path) else {
      // `value.json` may be a table or any other value: only reading it shows which.
      let content = try ArtifactContent(path: path, name: name)
      if name.hasSuffix("value.json"), let table = try? Comparison.listing(of: content, format: "table/1") {
        return table
      }
      return try Comparison.listing(of: content, format: Comparison.format(ofFile: name))
    }

    let store =
      FileManager.default.fileExists(atPath: project.store)
      ? try? ArtifactStore(project: project) : nil
    var lines = [TerminalWidth.safe("notebook \(lock.notebook)")]
    for (name, value) in (lock.parameters ?? [:]).sorted(by: { $0.key < $1.key }) {
      lines.append(TerminalWidth.safe("parameter \(name) = \(value)"))
    }

    for entry in lock.stages {
      lines.append(TerminalWidth.safe("\(entry.artifact) (\(entry.output.format))"))
      lines.append(TerminalWidth.safe("  stage \(entry.stage), cell \(entry.cell), key \(entry.key.short)"))
      lines.append("  \(entry.output.byteCount) bytes, SHA-256 \(entry.output.digest.short)")
      guard let store, let outcome = try? store.lookup(entry.key), outcome.output.digest == entry.output.digest else {
        lines.append("  its bytes are not in the store")
        continue
      }
      do {
        lines += try Comparison.listing(of: store.content(of: outcome), format: entry.output.format, limit: 200).map {
          "  " + $0
        }
      } catch { lines.append("  cannot be shown: \(error)") }
    }
    return lines
  }
}
