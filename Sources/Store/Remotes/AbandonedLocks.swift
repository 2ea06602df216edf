internal import Foundation

/// Lock files of references that a killed git command has left. Git neither waits for them nor removes them.
enum AbandonedLocks {
  /// The age in seconds from which a lock file counts as abandoned: a reference is locked only for moments.
  private static let age: TimeInterval = 3

  /// Removes the abandoned lock files of a repository on this disk.
  /// - Parameters:
  ///   - repository: the repository's folder.
  ///   - passing: a folder of references that only this process writes: no lock in it is another process's.
  static func remove(in repository: String, passing: String? = nil) {
    let files = FileManager.default
    for name in ["packed-refs.lock", "config.lock", "HEAD.lock", "shallow.lock"] { removeOld("\(repository)/\(name)") }
    guard let names = files.enumerator(atPath: repository + "/refs") else { return }
    for case let name as String in names where name.hasSuffix(".lock") {
      let path = "\(repository)/refs/\(name)"
      if let passing, "refs/\(name)".hasPrefix(passing) { try? files.removeItem(atPath: path) } else { removeOld(path) }
    }
  }

  /// The repository's folder, for a URL that is on this disk; `nil` for any other.
  static func folder(of url: String) -> String? {
    let path = url.hasPrefix("file://") ? String(url.dropFirst("file://".count)) : url
    guard path.hasPrefix("/") else { return nil }
    return [path, path + "/.git"].first { FileManager.default.fileExists(atPath: $0 + "/refs") }
  }

  private static func removeOld(_ path: String) {
    guard let date = (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date,
      Date().timeIntervalSince(date) > age
    else { return }
    try? FileManager.default.removeItem(atPath: path)
  }
}
