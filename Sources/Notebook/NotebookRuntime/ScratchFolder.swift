internal import Foundation

/// The folder of a running stage, empty at first.
struct ScratchFolder {
  let path: String

  init(parent: String, identifier: Int) throws {
    path = "\(parent)/\(identifier)"
    try? FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
