package import Core
package import Foundation

/// The partial results of interrupted stages and the compiled notebooks in a project's `.colophon`.
package struct CacheUpkeep {
  /// A file or folder that can be removed.
  package struct Item: Codable, Sendable, Hashable {
    /// The kind of content: `partial` or `program`.
    package var kind: String
    /// The absolute path.
    package var path: String
    /// The size in bytes, of a folder with all that is in it.
    package var byteCount: Int64
  }

  /// The time without use, in seconds, after which an item can go: 30 days. A program is compiled again in a second; a
  /// partial result is worth more, but no run has needed its key since.
  private static let age: TimeInterval = 30 * 86_400

  private let project: Project
  private let now: Date

  /// The cache of a project.
  /// - Parameters:
  ///   - project: the project.
  ///   - now: the time from which ages are counted.
  package init(project: Project, now: Date = Date()) {
    self.project = project
    self.now = now
  }

  /// The items that can be removed, in the order of their paths.
  /// - Parameter isFinished: returns true for a key with a result in the store, whose partial result is not needed.
  package func items(isFinished: (Digest) -> Bool) -> [Item] {
    var items: [Item] = []
    for name in names(project.partial) {
      let path = "\(project.partial)/\(name)"
      let isDone = Digest(hexadecimal: name).map(isFinished) ?? false
      if isDone || isOld(path) { items.append(Item(kind: "partial", path: path, byteCount: size(path))) }
    }
    for name in names(project.programs) where isOld("\(project.programs)/\(name)") {
      let path = "\(project.programs)/\(name)"
      items.append(Item(kind: "program", path: path, byteCount: size(path)))
    }
    return items
  }

  /// Removes items that ``items(isFinished:)`` has found.
  /// - Throws: ``OperationError`` when one cannot be removed.
  package func remove(_ items: [Item]) throws {
    for item in items {
      do { try FileManager.default.removeItem(atPath: item.path) } catch {
        throw OperationError(
          operation: "remove", subject: item.path, reason: error.localizedDescription,
          advice: "check the owner of the folder")
      }
    }
  }

  private func names(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  private func files(_ path: String) -> [URL] {
    let inner = FileManager.default.enumerator(
      at: URL(fileURLWithPath: path),
      includingPropertiesForKeys: [.contentAccessDateKey, .contentModificationDateKey, .fileSizeKey])
    return [URL(fileURLWithPath: path)] + (inner?.compactMap { $0 as? URL } ?? [])
  }

  /// True when nothing in the folder was read or written lately.
  private func isOld(_ path: String) -> Bool {
    files(path).allSatisfy { file in
      let values = try? file.resourceValues(forKeys: [.contentAccessDateKey, .contentModificationDateKey])
      let isFolder = file.hasDirectoryPath
      let last =
        [isFolder ? nil : values?.contentAccessDate, values?.contentModificationDate].compactMap { $0 }.max() ?? now
      return now.timeIntervalSince(last) > Self.age
    }
  }

  private func size(_ path: String) -> Int64 {
    files(path).reduce(0) { $0 + Int64((try? $1.resourceValues(forKeys: [.fileSizeKey]))?.fileSize ?? 0) }
  }
}
