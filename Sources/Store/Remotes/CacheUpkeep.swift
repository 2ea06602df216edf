package import Core
package import Foundation

/// What a project's `.colophon` has besides the index and contents: results that interrupted stages kept, and compiled notebooks.
package struct CacheUpkeep {
  /// Something that goes.
  package struct Item: Codable, Sendable, Hashable {
    /// `partial` or `program`.
    package var kind: String
    package var path: String
    package var byteCount: Int64
  }

  /// What was not used for so long goes: 30 days. A program is compiled again in a second, a partial result is worth more but of a
  /// key that nobody has asked for since.
  private static let age: TimeInterval = 30 * 86_400

  private let folder: String
  private let now: Date

  /// - Parameter folder: the project's `.colophon`.
  package init(folder: String, now: Date = Date()) {
    self.folder = folder
    self.now = now
  }

  /// What goes, in the order of the paths.
  /// - Parameter isFinished: whether a key's result is in the store, so that nobody needs a part of it.
  package func items(isFinished: (Digest) -> Bool) -> [Item] {
    var items: [Item] = []
    for name in names("partial") {
      let path = "\(folder)/partial/\(name)"
      let isDone = Digest(hexadecimal: name).map(isFinished) ?? false
      if isDone || isOld(path) { items.append(Item(kind: "partial", path: path, byteCount: size(path))) }
    }
    for name in names("programs") where isOld("\(folder)/programs/\(name)") {
      let path = "\(folder)/programs/\(name)"
      items.append(Item(kind: "program", path: path, byteCount: size(path)))
    }
    return items
  }

  /// Removes what ``items(isFinished:)`` found.
  package func remove(_ items: [Item]) throws {
    for item in items {
      do { try FileManager.default.removeItem(atPath: item.path) } catch {
        throw OperationError(
          operation: "remove", subject: item.path, reason: error.localizedDescription,
          advice: "check the owner of the folder")
      }
    }
  }

  private func names(_ kind: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(kind)")) ?? []).sorted()
  }

  private func files(_ path: String) -> [URL] {
    let inner = FileManager.default.enumerator(
      at: URL(fileURLWithPath: path),
      includingPropertiesForKeys: [.contentAccessDateKey, .contentModificationDateKey, .fileSizeKey])
    return [URL(fileURLWithPath: path)] + (inner?.compactMap { $0 as? URL } ?? [])
  }

  /// Whether nothing in the folder was read or written lately.
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
