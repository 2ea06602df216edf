internal import ArtifactStore
internal import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime
internal import Report

/// Writes what a run leaves: the lock file and a version of the artifacts, and the report.
struct ResultWriter {
  let project: Project
  let notebook: String
  let variant: NotebookVariant
  let store: ArtifactStore

  /// Writes `lock.json` and a commit, both only when something changed.
  /// - Returns: the commit that holds the outputs; `nil` when it cannot be told.
  func write(_ lock: LockFile, record: RunRecord) throws -> String? {
    let bytes = lock.bytes
    let name = variant.name
    let path = project.lock(named: name)
    let isCurrent = FileManager.default.contents(atPath: path).map { Array($0) == bytes } ?? false
    if isCurrent, let tip = try? store.lock(at: name), tip == bytes { return tipOfBranch }
    let outcomes = try store.lookup(lock.stages.map(\.key))
    let artifacts = lock.stages.compactMap { entry in
      outcomes[entry.key].map { NamedContent(name: entry.artifact, content: $0.output) }
    }
    let ran = record.stages.filter { $0.state == .ran }.map(\.artifact)
    let rest = ran.count > 5 ? " and \(ran.count - 5) more" : ""
    let summary = ran.isEmpty ? "the notebook's stages changed" : ran.prefix(5).joined(separator: ", ") + rest
    let settings = variant.settings.isEmpty ? "" : " with \(variant.settings)"
    let commit = try store.commit(
      notebook: name, artifacts: artifacts, lock: bytes,
      message: "\(record.notebook)\(settings): \(summary)\n\n\(ran.count) of \(lock.stages.count) stages ran.\n",
      time: Int64(record.started))
    try Self.replace(path, bytes)
    return commit.map { "\($0)" } ?? tipOfBranch
  }

  private var tipOfBranch: String? { (try? store.log(notebook: variant.name, limit: 1))?.first.map { "\($0.id)" } }

  /// Writes `report.html`, `report.md` and the files beside them.
  /// - Parameter commit: the commit that holds the outputs.
  /// - Returns: the path of `report.html`.
  func write(_ record: RunRecord, commit: String?) throws -> String {
    let document = variant.document
    let folder = project.reports(named: variant.name)
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
    try Self.replace(folder + "/report.html", Array(rendered.html.utf8))
    try Self.replace(folder + "/report.md", Array(rendered.markdown.utf8))
    for file in rendered.files { try Self.replace(folder + "/" + file.name, file.bytes) }
    removeStale(in: folder, keep: Set(rendered.files.map(\.name)))
    return folder + "/report.html"
  }

  /// Removes figures that an earlier report had and this one has not.
  private func removeStale(in folder: String, keep: Set<String>) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder + "/figures")) ?? []
    where !keep.contains("figures/" + name) {
      try? FileManager.default.removeItem(atPath: folder + "/figures/" + name)
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
      throw DriverError("cannot write \(path): \(error.localizedDescription); the outputs themselves are stored")
    }
  }
}
