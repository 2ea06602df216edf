internal import Core

/// All objects of the repository with what they take on disk, and what names what.
struct ObjectGraph {
  struct Stored {
    /// The pack that has it, by its place in ``packs``; -1 for a loose object.
    var pack: Int
    /// What it takes there.
    var byteCount: Int
  }

  /// Paths of the packs.
  private(set) var packs: [String] = []
  /// Where each object is first; further copies are in ``copies``.
  private(set) var objects: [ObjectID: Stored] = [:]
  /// Bytes of copies beyond the first, by pack.
  private(set) var copies: [(pack: Int, byteCount: Int)] = []
  /// Loose objects' paths.
  private(set) var loose: [(id: ObjectID, path: String)] = []

  init(repository: GitRepository) {
    let folder = repository.path + "/objects/pack"
    for name in FileSystem.names(in: folder).sorted() where name.hasPrefix("pack-") && name.hasSuffix(".pack") {
      let path = folder + "/" + name
      guard let length = FileSystem.status(path)?.size, let bytes = try? FileBytes.read(path.dropLast(5) + ".idx"),
        let index = PackIndex(bytes, packLength: Int(length))
      else { continue }
      packs.append(path)
      objects.reserveCapacity(objects.count + index.places.count)
      for place in index.places { note(place.id, Stored(pack: packs.count - 1, byteCount: place.length)) }
    }
    for prefix in FileSystem.names(in: repository.path + "/objects").sorted() where prefix.utf8.count == 2 {
      for rest in FileSystem.names(in: "\(repository.path)/objects/\(prefix)").sorted() {
        let path = "\(repository.path)/objects/\(prefix)/\(rest)"
        guard let id = ObjectID(hexadecimal: prefix + rest), let size = FileSystem.status(path)?.size else { continue }
        loose.append((id, path))
        note(id, Stored(pack: -1, byteCount: Int(size)))
      }
    }
  }

  private mutating func note(_ id: ObjectID, _ stored: Stored) {
    if objects[id] == nil { objects[id] = stored } else { copies.append((stored.pack, stored.byteCount)) }
  }
}

/// Marks objects that something names.
struct Reachability {
  private let repository: GitRepository
  private(set) var found: Set<ObjectID> = []
  /// Objects that are named but are not there or cannot be read, with what names them.
  private(set) var missing: [ObjectID: String] = [:]
  /// Commits whose parents do not count.
  private let cuts: Set<ObjectID>

  init(repository: GitRepository, cuts: Set<ObjectID> = []) {
    self.repository = repository
    self.cuts = cuts
  }

  /// Adds what another search has marked.
  mutating func formUnion(_ other: Reachability) {
    found.formUnion(other.found)
    missing.merge(other.missing) { first, _ in first }
  }

  /// Marks a commit and all before it, with their folders and files.
  mutating func mark(commit id: ObjectID, for name: String) {
    var open = [id]
    while let id = open.popLast() {
      guard !found.contains(id) else { continue }
      guard let bytes = try? repository.bytes(id, .commit), let commit = Commit(parsing: bytes) else {
        // A reference may name a tree or a file, too.
        mark(tree: id, for: name)
        continue
      }
      found.insert(id)
      mark(tree: commit.tree, for: name)
      if !cuts.contains(id) { open += commit.parents }
    }
  }

  /// Marks a folder and all in it, however deep it is.
  /// - Returns: `false` when it is no folder or cannot be read.
  @discardableResult
  mutating func mark(tree root: ObjectID, for name: String) -> Bool {
    if found.contains(root) { return true }
    var open = [root]
    while let id = open.popLast() {
      guard !found.contains(id) else { continue }
      guard
        let tree = try? repository.withObject(id, .tree, { (bytes) throws(StoreError) in ForeignTree(parsing: bytes) })
      else {
        if repository.header(of: id)?.kind == .blob { mark(blob: id, for: name) } else { missing[id] = name }
        continue
      }
      found.insert(id)
      for entry in tree.entries where entry.mode != "160000" {
        if entry.mode == "40000" { open.append(entry.id) } else { mark(blob: entry.id, for: name) }
      }
    }
    return found.contains(root)
  }

  /// Marks a file.
  mutating func mark(blob id: ObjectID, for name: String) {
    guard found.insert(id).inserted, !repository.contains(id), repository.header(of: id) == nil else { return }
    missing[id] = name
  }
}
