internal import Foundation

/// Lock files of references that a git command which was killed has left: git waits for none of them, and removes none.
enum AbandonedLocks {
  /// A reference is locked for moments: 3 s.
  private static let age: TimeInterval = 3

  /// Removes those of a repository on this disk.
  /// - Parameter passing: a folder of references that only this process writes: there no lock is of anyone else.
  static func remove(in repository: String, passing: String? = nil) {
    let files = FileManager.default
    for name in ["packed-refs.lock", "config.lock", "HEAD.lock", "shallow.lock"] { removeOld("\(repository)/\(name)") }
    guard let names = files.enumerator(atPath: repository + "/refs") else { return }
    for case let name as String in names where name.hasSuffix(".lock") {
      let path = "\(repository)/refs/\(name)"
      if let passing, "refs/\(name)".hasPrefix(passing) { try? files.removeItem(atPath: path) } else { removeOld(path) }
    }
  }

  /// The repository of a URL that is a folder on this disk; `nil` for any other.
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
