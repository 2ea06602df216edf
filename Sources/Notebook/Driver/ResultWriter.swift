internal import ArtifactStore
internal import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime
internal import Report

/// Writes the results of a run: the lock file and a version of the artifacts, and the report.
struct ResultWriter {
  /// The project that the results are written to.
  let project: Project
  /// The notebook's path.
  let notebook: String
  /// The values and the name of the run.
  let variant: NotebookVariant
  /// The project's store, with all outputs.
  let store: ArtifactStore

  /// Writes `lock.json` and a commit, both only when something changed, or when the run joins versions of a remote with
  /// those here.
  /// - Returns: the id of the commit with the outputs, `nil` when the branch cannot be read; and lines about versions
  ///   of remotes.
  func write(_ lock: LockFile, record: RunRecord) throws -> (commit: String?, notes: [String]) {
    let bytes = lock.bytes
    let name = variant.name
    let path = project.lock(named: name)
    let isCurrent = FileManager.default.contents(atPath: path).map { Array($0) == bytes } ?? false
    let decision = try FollowedVersions(project: project, store: store, name: name).decide(for: lock)
    let notes = decision.notes(of: name)
    if isCurrent, decision.followed.isEmpty, let tip = try? store.lock(at: name), tip == bytes {
      return (tipOfBranch, notes)
    }

    let outcomes = try store.lookup(lock.stages.map(\.key))
    let artifacts = try lock.stages.map { entry in
      guard let outcome = outcomes[entry.key] else {
        throw OperationError(
          operation: "write a version of", subject: name,
          reason: "the output \(entry.artifact) is not in the store any more", advice: "run the notebook again")
      }
      return NamedContent(name: entry.artifact, content: outcome.output)
    }

    // The commit's first line names the stages that ran.
    let ran = record.stages.filter { $0.state == .ran }.map(\.artifact)
    let rest = ran.count > 5 ? " and \(ran.count - 5) more" : ""
    let others = decision.followed.map { "\($0.remote)'s \($0.theirs.hexadecimal.prefix(10))" }.joined(separator: ", ")
    let cause = others.isEmpty ? "the notebook's stages changed" : "joined with \(others)"
    let summary = ran.isEmpty ? cause : ran.prefix(5).joined(separator: ", ") + rest
    let settings = variant.settings.isEmpty ? "" : " with \(variant.settings)"
    let joined = decision.followed.map { "\nJoined with \($0.theirs) of \($0.remote).\n" }.joined()
    let body = "\(ran.count) of \(lock.stages.count) stages ran.\n\(joined)"
    let commit = try store.commit(
      notebook: name, artifacts: artifacts, lock: bytes,
      message: "\(record.notebook)\(settings): \(summary)\n\n\(body)",
      time: Int64(record.started), following: decision.followed.map(\.theirs))
    try Self.replace(path, bytes)
    return (commit.map { "\($0)" } ?? tipOfBranch, notes)
  }

  private var tipOfBranch: String? { (try? store.log(notebook: variant.name, limit: 1))?.first.map { "\($0.id)" } }

  /// Writes `report.html`, `report.md` and the report's figures.
  /// - Parameters:
  ///   - record: the run.
  ///   - commit: the id of the commit with the outputs.
  /// - Returns: the path of `report.html`.
  func write(_ record: RunRecord, commit: String?) throws -> String {
    let document = variant.document
    let arguments = "\(record.notebook)\(variant.arguments)"
    let context = ReportContext(
      commands: [
        .init(
          purpose: "Run it again; stages that are current are taken from the store", line: "colophon run \(arguments)"),
        .init(purpose: "Say what would run, and why", line: "colophon plan \(arguments)"),
      ],
      commit: commit, parameters: variant.values,
      notebookDigest: FileManager.default.contents(atPath: notebook).map { Digest(of: $0) },
      pictures: ProsePictures.load(document, notebook: notebook, project: project))
    let rendered = ReportRenderer(document: document, record: record, context: context).render()

    // The report of a run that failed has no lock that says whose it is.
    let names = NotebookName(notebook, in: project)
    for name in [variant.base, variant.name] { names.note(name) }

    let folder = project.reports(named: variant.name)
    let page = project.htmlReport(named: variant.name)
    try Self.replace(page, Array(rendered.html.utf8))
    try Self.replace(project.markdownReport(named: variant.name), Array(rendered.markdown.utf8))
    for file in rendered.files { try Self.replace(folder + "/" + file.name, file.bytes) }
    removeStaleFigures(keeping: Set(rendered.files.map(\.name)))
    return page
  }

  /// Removes figures that an earlier report had and this one has not.
  private func removeStaleFigures(keeping names: Set<String>) {
    let folder = project.figures(named: variant.name)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where !names.contains("figures/" + name) {
      try? FileManager.default.removeItem(atPath: folder + "/" + name)
    }
  }

  /// Replaces a file at once: a reader sees the old bytes or the new ones. Equal bytes are not written.
  private static func replace(_ path: String, _ bytes: [UInt8]) throws {
    if let present = FileManager.default.contents(atPath: path), present.count == bytes.count, Array(present) == bytes {
      return
    }
    do {
      try FileManager.default.createDirectory(
        at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw OperationError(
        operation: "write the report", subject: path, reason: error.localizedDescription,
        advice: "the outputs themselves are stored")
    }
  }
}
