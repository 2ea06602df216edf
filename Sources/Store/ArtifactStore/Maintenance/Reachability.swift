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
  /// - Parameter name: the reference or stage that needs it, for a message when something is missing.
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

  /// Marks a folder and all in it, however deep it is; a file is marked as such.
  mutating func mark(tree root: ObjectID, for name: String) {
    var open = [root]
    while let id = open.popLast() {
      guard !found.contains(id) else { continue }
      let tree = try? repository.withObject(id, .tree) { (bytes) throws(StoreError) in RawTree(parsing: bytes) }
      guard let tree else {
        if repository.header(of: id)?.kind == .blob { mark(blob: id, for: name) } else { missing[id] = name }
        continue
      }
      found.insert(id)
      // A submodule's commit is in another repository.
      for entry in tree.entries where entry.mode != "160000" {
        if entry.isFolder { open.append(entry.id) } else { mark(blob: entry.id, for: name) }
      }
    }
  }

  /// Marks a file.
  mutating func mark(blob id: ObjectID, for name: String) {
    guard found.insert(id).inserted, !repository.contains(id), repository.header(of: id) == nil else { return }
    missing[id] = name
  }
}
