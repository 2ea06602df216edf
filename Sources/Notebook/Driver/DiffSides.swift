package import ArtifactStore
package import Core
internal import Differences
internal import Foundation
internal import NotebookRuntime

/// One side of a comparison, as a command names it.
package struct DiffSide: Sendable {
  /// An artifact with its bytes, or only with its digest where the store does not have the bytes that a lock names.
  package struct Item: Sendable {
    /// The output's name, or a file's.
    package var name: String
    /// The artifact's format, such as `pairs/1`.
    package var format: String
    /// The digest of its content.
    package var digest: Digest
    /// The place of the content in the store; `nil` for a file on disk.
    package var stored: StoredContent?
    /// The bytes; `nil` when they are not at hand.
    package var content: ArtifactContent?
    /// For curated pairs, the index of entries that their stage matched them with.
    package var index: ArtifactContent?
  }

  /// The thing that a command names: one artifact, or all artifacts of a version.
  package enum Subject: Sendable {
    case artifact(Item)
    case version([Item])
  }

  /// The words of the user, with the notebook where that was found.
  package var label: String
  /// The artifact or version that they name.
  package var subject: Subject
}

/// Finds the artifacts that the words of `colophon diff` name: `ARTIFACT@REVISION`, an artifact, a revision, a lock
/// file, a file on disk, or a folder with an artifact's files.
package struct DiffSides {
  private let project: Project
  private let store: ArtifactStore?

  /// Sides of one project.
  /// - Parameters:
  ///   - project: the project of the lock files and versions.
  ///   - store: the project's store; without one only files can be compared.
  package init(project: Project, store: ArtifactStore?) {
    self.project = project
    self.store = store
  }

  /// The side that a word of the command line names.
  /// - Parameters:
  ///   - words: the name. A file on disk comes first, then a revision, then an artifact.
  ///   - format: the format of a file on disk; by its extension unless given.
  /// - Throws: ``OperationError`` when nothing or several things have that name; the errors of the store.
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
        throw OperationError(
          operation: "compare", subject: words, reason: "it is not ARTIFACT@REVISION",
          advice: "`colophon show REVISION` lists a version's artifacts")
      }
      return DiffSide(label: words, subject: .artifact(try item(name, at: revision, store)))
    }

    let artifacts: [NamedContent]
    do throws(StoreError) { artifacts = try store.artifacts(at: words) } catch {
      guard Self.isUnknown(error) else { throw error }
      return try artifact(words, store)
    }
    return DiffSide(
      label: words, subject: .version(try withIndexes(artifacts.map { item($0, store) }, at: words, store: store)))
  }

  /// True when there is no such revision, in contrast to a damaged one.
  private static func isUnknown(_ error: StoreError) -> Bool {
    switch error.cause {
    case .notFound, .git, .invalidName: true
    default: false
    }
  }

  private func needed(_ words: String) throws -> ArtifactStore {
    guard let store else {
      throw OperationError(
        operation: "compare", subject: words, reason: "there is no such file, and no store in \(project.artifacts) yet",
        advice: "run a notebook first")
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
    let all = try withIndexes(try store.artifacts(at: revision).map { item($0, store) }, at: revision, store: store)
    return all.first { $0.name == name } ?? named
  }

  // MARK: Indexes of curated pairs

  private static let pairs = "pairs/1"
  private static let index = "concept-index/1"

  /// The artifacts of a version, curated pairs with the index that they were matched with.
  private func withIndexes(
    _ items: [DiffSide.Item], at revision: String, store: ArtifactStore
  ) throws -> [DiffSide.Item] {
    guard items.contains(where: { $0.format == Self.pairs }), items.contains(where: { $0.format == Self.index }) else {
      return items
    }
    let lock = try LockFile(data: Data(try store.lock(at: revision)), name: revision)
    return try withIndexes(items, by: lock.stages, store: store)
  }

  /// Finds the indices by the records of the stages that made the pairs.
  private func withIndexes(
    _ items: [DiffSide.Item], by entries: [LockFile.Entry], store: ArtifactStore
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
      throw OperationError(
        operation: "compare", subject: name, reason: "there is no file, revision or artifact of that name",
        advice: "`colophon log` lists versions, `colophon show NOTEBOOK` their artifacts")
    }
    throw OperationError(
      operation: "compare", subject: name, reason: "several notebooks have an artifact of that name",
      advice: "name one: \(found.map { "\(name)@\($0.notebook)" }.joined(separator: ", "))")
  }

  private func file(_ path: String, format: String?) throws -> DiffSide {
    if format == nil, URL(fileURLWithPath: path).pathExtension == "json", let lock = try? LockFile(path: path) {
      let items = try lock.stages.map { try self.item($0) }
      return DiffSide(
        label: path, subject: .version(try store.map { try withIndexes(items, by: lock.stages, store: $0) } ?? items))
    }
    let content = try ArtifactContent(path: path)
    let name = URL(fileURLWithPath: path).lastPathComponent
    let item = DiffSide.Item(
      name: name, format: format ?? Comparison.format(ofFile: name), digest: content.digest, content: content)
    return DiffSide(label: path, subject: .artifact(item))
  }

  /// An artifact of several files, as `colophon export` writes it.
  private func folder(_ path: String, format: String) throws -> DiffSide {
    let names = try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder) && !isFolder.boolValue
    }
    guard !names.isEmpty else {
      throw OperationError(operation: "compare", subject: path, cause: "there is no file in the folder")
    }
    let content = ArtifactContent(files: try names.map { try ContentFile(path: "\(path)/\($0)", name: $0) })
    let name = URL(fileURLWithPath: path).lastPathComponent
    let item = DiffSide.Item(name: name, format: format, digest: content.digest, content: content)
    return DiffSide(label: path, subject: .artifact(item))
  }

  /// The output of a lock's entry, with its bytes where the store has them.
  private func item(_ entry: LockFile.Entry) throws -> DiffSide.Item {
    var item = DiffSide.Item(name: entry.artifact, format: entry.output.format, digest: entry.output.digest)
    if let store, let outcome = try store.lookup(entry.key), outcome.output.digest == entry.output.digest {
      item.stored = outcome.output
      item.content = store.content(of: outcome)
    }
    return item
  }
}
