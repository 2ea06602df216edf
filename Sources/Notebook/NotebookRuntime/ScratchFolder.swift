internal import Foundation

/// A running stage's own folder.
struct ScratchFolder {
  let path: String

  init(parent: String, identifier: Int) throws {
    path = "\(parent)/\(identifier)"
    try? FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
