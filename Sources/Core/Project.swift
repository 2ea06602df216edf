internal import Foundation

/// The folder that a notebook belongs to, and the places of its outputs.
///
/// It is the nearest folder above the notebook that has a `.colophon`, an `Artifacts` folder or a `Package.swift`;
/// without one, the notebook's own folder. Relative input paths of stages count from it.
package struct Project: Codable, Sendable {
  /// Absolute path without a trailing slash.
  package let root: String

  /// The project of a notebook.
  /// - Parameter path: the notebook's path, relative to the working directory or absolute; it need not exist.
  package init(containing path: String) {
    let start = URL(fileURLWithPath: path).standardizedFileURL.deletingLastPathComponent().path
    var folder = start
    while true {
      for mark in [".colophon", "Artifacts", "Package.swift"]
      where FileManager.default.fileExists(atPath: (folder as NSString).appendingPathComponent(mark)) {
        root = folder
        return
      }
      let parent = (folder as NSString).deletingLastPathComponent
      if parent == folder || parent.isEmpty { break }
      folder = parent
    }
    root = start
  }

  /// A project in a known folder.
  /// - Parameter root: absolute, without a trailing slash.
  package init(root: String) { self.root = root }

  /// The folder of versions and reports. All of it but `store.git` belongs into the project's own repository.
  package var artifacts: String { root + "/Artifacts" }
  /// The git repository of records, outputs and versions.
  package var store: String { artifacts + "/store.git" }
  /// The folder of everything that can be made again: index, contents, compiled notebooks.
  package var cache: String { root + "/.colophon" }
  /// The file that finds results fast; made again from ``store`` when it is missing.
  package var index: String { cache + "/index.sqlite" }
  /// The folder of copies of stored files that are read by path.
  package var content: String { cache + "/content" }
  /// The folder of compiled notebooks, one folder for each program.
  package var programs: String { cache + "/programs" }
  /// The folder of what interrupted stages have kept, one folder for each key.
  package var partial: String { cache + "/partial" }
  /// The folder of scratch folders, one for each running command, named after its process.
  package var scratch: String { cache + "/scratch" }
  /// The folder of workspaces of running verifications, named after their processes.
  package var verifications: String { cache + "/verify" }
  /// The file whose lock a running notebook holds.
  package var runLock: String { cache + "/run.lock" }
  /// The file whose lock an exchange, a collection or an inspection holds.
  package var upkeepLock: String { cache + "/upkeep.lock" }

  /// The notebook's name: its file name without extension. Names its branch and its folder of reports.
  package static func name(of notebook: String) -> String {
    URL(fileURLWithPath: notebook).deletingPathExtension().lastPathComponent
  }

  /// The folder of a report with its figures and lock.
  /// - Parameter name: a notebook's, or that of a run with other parameters.
  package func reports(named name: String) -> String { artifacts + "/" + name }
  /// The lock file, which names every stage call with its key and output.
  package func lock(named name: String) -> String { reports(named: name) + "/lock.json" }
  /// The report as a page.
  package func htmlReport(named name: String) -> String { reports(named: name) + "/report.html" }
  /// The report as Markdown, which a verification compares the prose with.
  package func markdownReport(named name: String) -> String { reports(named: name) + "/report.md" }
  /// The folder of a report's figures.
  package func figures(named name: String) -> String { reports(named: name) + "/figures" }
  /// The folder of signed statements.
  package func attestations(named name: String) -> String { reports(named: name) + "/attestations" }
}
