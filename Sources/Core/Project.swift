internal import Foundation

/// The folder that a notebook belongs to, and where its outputs lie.
///
/// The nearest folder upwards of the notebook that has a `.colophon`, an `Artifacts` folder or a `Package.swift`; without one, the
/// notebook's own folder. Relative input paths of stages count from it.
package struct Project: Sendable {
  /// Absolute path without a trailing slash.
  package let root: String

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

  package init(root: String) { self.root = root }

  /// Where versions and reports lie; part of the project's own repository but for `store.git`.
  package var artifacts: String { root + "/Artifacts" }
  package var store: String { artifacts + "/store.git" }
  /// What can always be made again: index, contents, compiled notebooks.
  package var cache: String { root + "/.colophon" }
  package var index: String { cache + "/index.sqlite" }
  package var programs: String { cache + "/programs" }
  package var scratch: String { cache + "/scratch" }
  package var runLock: String { cache + "/run.lock" }

  /// The notebook's name: its file name without extension. Names its branch and its folder of reports.
  package static func name(of notebook: String) -> String {
    URL(fileURLWithPath: notebook).deletingPathExtension().lastPathComponent
  }

  /// - Parameter name: a notebook's, or that of a run with other parameters.
  package func reports(named name: String) -> String { artifacts + "/" + name }
  package func lock(named name: String) -> String { reports(named: name) + "/lock.json" }
}
