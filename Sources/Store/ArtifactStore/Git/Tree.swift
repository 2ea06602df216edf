/// A folder in the repository as a store writes it: files and folders under names of UTF-8.
package struct Tree {
  /// One name in a folder, with its object.
  package struct Entry: Hashable {
    /// The name, without slashes.
    package var name: String
    /// The file's or the folder's object.
    package var id: ObjectID
    /// True for a folder, false for a file.
    package var isTree: Bool
  }

  /// In the order in which they were read; written in git's.
  package var entries: [Entry]

  init(_ entries: [Entry] = []) { self.entries = entries }

  /// The folder of a tree object.
  /// - Returns: `nil` for bytes that are no tree.
  package init?(parsing bytes: UnsafeRawBufferPointer) {
    guard let tree = RawTree(parsing: bytes) else { return nil }
    entries = tree.entries.map { entry in
      Entry(
        name: String(decoding: entry.name, as: UTF8.self), id: entry.id,
        // The mode of a folder is 40000; every mode of a file has six digits and begins with 1.
        isTree: entry.mode.utf8.first == UInt8(ascii: "4"))
    }
  }

  /// The object's bytes, with the entries in git's order.
  package var bytes: [UInt8] { RawTree(entries.map(RawTree.Entry.init)).bytes }

  subscript(name: String) -> Entry? { entries.first { $0.name == name } }
}

extension RawTree.Entry {
  init(_ entry: Tree.Entry) {
    mode = entry.isTree ? RawTree.folderMode : RawTree.fileMode
    name = Array(entry.name.utf8)
    id = entry.id
  }
}

/// A folder with folders in it that is being put together.
struct TreeBuilder {
  private var files: [String: Tree.Entry] = [:]
  private var folders: [String: TreeBuilder] = [:]

  init() {}

  /// Puts an object at a path.
  /// - Parameter path: names, none empty.
  /// - Returns: `false` when something else is there already.
  mutating func insert(_ id: ObjectID, isTree: Bool, at path: ArraySlice<String>) -> Bool {
    guard let name = path.first else { return false }
    if path.count == 1 {
      guard files[name] == nil, folders[name] == nil else { return false }
      files[name] = Tree.Entry(name: name, id: id, isTree: isTree)
      return true
    }
    guard files[name] == nil else { return false }
    return folders[name, default: TreeBuilder()].insert(id, isTree: isTree, at: path.dropFirst())
  }

  /// Stores all folders, the innermost first.
  /// - Parameter store: keeps a tree's bytes and returns its name.
  /// - Returns: the name of the outermost tree.
  func store(_ store: ([UInt8]) throws(StoreError) -> ObjectID) throws(StoreError) -> ObjectID {
    var tree = Tree(Array(files.values))
    for (name, folder) in folders {
      tree.entries.append(Tree.Entry(name: name, id: try folder.store(store), isTree: true))
    }
    return try store(tree.bytes)
  }
}
