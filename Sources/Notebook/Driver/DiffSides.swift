package import ArtifactStore
package import Core
internal import Differences
internal import Foundation
internal import NotebookRuntime

/// One side of a comparison, as a command names it.
package struct DiffSide: Sendable {
  /// An artifact with its bytes, or with nothing but its digest where a lock file names bytes that are not here.
  package struct Item: Sendable {
    package var name: String
    package var format: String
    package var digest: Digest
    package var stored: StoredContent?
    package var content: ArtifactContent?
    /// Of curated pairs, the index of entries that their stage matched them with.
    package var index: ArtifactContent?
  }

  /// What the name stands for.
  package enum Subject: Sendable {
    case artifact(Item)
    case version([Item])
  }

  /// As the user wrote it, with the notebook where that was found.
  package var label: String
  package var subject: Subject
}

/// Finds what the words of `colophon diff` name: `ARTIFACT@REVISION`, an artifact, a revision, a lock file, a file on disk, or a folder with
/// an artifact's files.
package struct DiffSides {
  private let project: Project
  private let store: ArtifactStore?

  /// - Parameters:
  ///   - project: where lock files and versions belong.
  ///   - store: `nil` where there is none, so that only files can be compared.
  package init(project: Project, store: ArtifactStore?) {
    self.project = project
    self.store = store
  }

  /// - Parameter format: what a file on disk holds; by its extension unless given.
  /// - Throws: ``DriverError`` when nothing or several things have that name; what the store throws.
  package func side(_ words: String, format: String? = nil) throws -> DiffSide {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: words, isDirectory: &isFolder), !isFolder.boolValue {
      return try file(words, format: format)
    }
    // A folder may have a notebook's name; with a format it is an artifact's.
    if isFolder.boolValue, let format { return try folder(words, format: format) }
    let store = try needed(words)
    if let mark = words.lastIndex(of: "@") {
      let (name, revision) = (String(words[..<mark]), String(words[words.index(after: mark)...]))
      guard !name.isEmpty, !revision.isEmpty else {
        throw DriverError("“\(words)” is not ARTIFACT@REVISION; `colophon show REVISION` lists a version's artifacts")
      }
      return DiffSide(label: words, subject: .artifact(try item(name, at: revision, store)))
    }
    let artifacts: [NamedContent]
    do throws(StoreError) { artifacts = try store.artifacts(at: words) } catch {
      guard Self.isUnknown(error) else { throw error }
      return try artifact(words, store)
    }
    return DiffSide(
      label: words, subject: .version(try withIndexes(artifacts.map { item($0, store) }, at: words, store)))
  }

  /// Whether a revision is not there, in contrast to one that is damaged.
  private static func isUnknown(_ error: StoreError) -> Bool {
    switch error.cause {
    case .notFound, .git, .invalidName: true
    default: false
    }
  }

  private func needed(_ words: String) throws -> ArtifactStore {
    guard let store else {
      throw DriverError("there is no file \(words), and no store in \(project.artifacts) yet: run a notebook first")
    }
    return store
  }

  private func item(_ named: NamedContent, _ store: ArtifactStore) -> DiffSide.Item {
    DiffSide.Item(
      name: named.name, format: named.content.format, digest: named.content.digest, stored: named.content,
      content: store.content(of: named.content))
  }

  private func item(_ name: String, at revision: String, _ store: ArtifactStore) throws -> DiffSide.Item {
    let named = item(try store.read(name, at: revision), store)
    guard named.format == Self.pairs else { return named }
    let all = try withIndexes(try store.artifacts(at: revision).map { item($0, store) }, at: revision, store)
    return all.first { $0.name == name } ?? named
  }

  // MARK: What curated pairs were matched with

  private static let pairs = "pairs/1"
  private static let index = "concept-index/1"

  private func withIndexes(_ items: [DiffSide.Item], at revision: String, _ store: ArtifactStore) throws -> [DiffSide
    .Item]
  {
    guard items.contains(where: { $0.format == Self.pairs }), items.contains(where: { $0.format == Self.index }) else {
      return items
    }
    let lock = try LockFile(data: Data(try store.lock(at: revision)), name: revision)
    return try withIndexes(items, lock.stages, store)
  }

  /// Finds the indices by the records of the stages that made the pairs.
  private func withIndexes(
    _ items: [DiffSide.Item], _ entries: [LockFile.Entry], _ store: ArtifactStore
  ) throws -> [DiffSide.Item] {
    let indices = Dictionary(
      items.filter { $0.format == Self.index }.map { ($0.digest, $0.content) }, uniquingKeysWith: { first, _ in first })
    let keys = Dictionary(entries.map { ($0.artifact, $0.key) }, uniquingKeysWith: { first, _ in first })
    return try items.map { item in
      guard item.format == Self.pairs, let key = keys[item.name], let record = try store.record(for: key) else {
        return item
      }
      var item = item
      item.index = record.components.lazy.filter { $0.kind == .artifact }.compactMap { indices[$0.digest] ?? nil }.first
      return item
    }
  }

  /// An artifact without a revision: that of the only notebook whose last version has one of that name.
  private func artifact(_ name: String, _ store: ArtifactStore) throws -> DiffSide {
    var found: [(notebook: String, artifact: NamedContent)] = []
    for notebook in try store.notebooks() {
      if let artifact = try store.artifacts(at: notebook).first(where: { $0.name == name }) {
        found.append((notebook, artifact))
      }
    }
    if found.count == 1 {
      return DiffSide(
        label: "\(name)@\(found[0].notebook)", subject: .artifact(try item(name, at: found[0].notebook, store)))
    }
    guard !found.isEmpty else {
      throw DriverError(
        "there is no file, revision or artifact “\(name)”; `colophon log` lists versions, `colophon show NOTEBOOK` their artifacts"
      )
    }
    throw DriverError(
      "several notebooks have an artifact “\(name)”; name one: \(found.map { "\(name)@\($0.notebook)" }.joined(separator: ", "))"
    )
  }

  private func file(_ path: String, format: String?) throws -> DiffSide {
    if format == nil, URL(fileURLWithPath: path).pathExtension == "json", let lock = try? LockFile(path: path) {
      let items = try lock.stages.map { try self.item($0) }
      return DiffSide(
        label: path, subject: .version(try store.map { try withIndexes(items, lock.stages, $0) } ?? items))
    }
    let content = try ArtifactContent(path: path)
    let name = URL(fileURLWithPath: path).lastPathComponent
    return DiffSide(
      label: path,
      subject: .artifact(
        DiffSide.Item(
          name: name, format: format ?? Comparison.format(ofFile: name), digest: content.digest, stored: nil,
          content: content)))
  }

  /// The files of an artifact as `colophon export` writes several.
  private func folder(_ path: String, format: String) throws -> DiffSide {
    let names = try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder) && !isFolder.boolValue
    }
    guard !names.isEmpty else { throw DriverError("there is no file in the folder \(path)") }
    let content = ArtifactContent(files: try names.map { try ContentFile(path: "\(path)/\($0)", name: $0) })
    return DiffSide(
      label: path,
      subject: .artifact(
        DiffSide.Item(
          name: URL(fileURLWithPath: path).lastPathComponent, format: format, digest: content.digest, stored: nil,
          content: content)))
  }

  /// What a lock file names, with its bytes where the store has them.
  private func item(_ entry: LockFile.Entry) throws -> DiffSide.Item {
    var item = DiffSide.Item(name: entry.artifact, format: entry.output.format, digest: entry.output.digest)
    if let store, let outcome = try store.lookup(entry.key), outcome.output.digest == entry.output.digest {
      item.stored = outcome.output
      item.content = store.content(of: outcome)
    }
    return item
  }
}
