/// A folder in the repository.
package struct Tree {
  /// What a folder has under one name.
  package struct Entry: Hashable {
    package var name: String
    package var id: ObjectID
    package var isTree: Bool
  }

  /// In the order in which they were read; written in git's.
  package var entries: [Entry]

  init(_ entries: [Entry] = []) { self.entries = entries }

  /// - Returns: `nil` for bytes that are no tree.
  package init?(parsing bytes: UnsafeRawBufferPointer) {
    var entries: [Entry] = []
    var position = 0
    while position < bytes.count {
      guard let space = bytes[position...].firstIndex(of: 0x20), let end = bytes[space...].firstIndex(of: 0),
        end + 20 < bytes.count
      else { return nil }
      entries.append(
        Entry(
          name: String(decoding: bytes[(space + 1)..<end], as: UTF8.self),
          id: ObjectID(raw: UnsafeRawBufferPointer(rebasing: bytes[(end + 1)..<(end + 21)])),
          // The mode of a tree is 40000, of a file 100644.
          isTree: bytes[position] == UInt8(ascii: "4")))
      position = end + 21
    }
    self.entries = entries
  }

  /// The object's bytes; entries in git's order, in which a folder's name counts as if it ended in a slash.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    let keyed = entries.map { (key: Array($0.name.utf8) + ($0.isTree ? [UInt8(ascii: "/")] : []), entry: $0) }
    for (_, entry) in keyed.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      bytes.append(contentsOf: (entry.isTree ? "40000 " : "100644 ").utf8)
      bytes.append(contentsOf: entry.name.utf8)
      bytes.append(0)
      entry.id.withBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  subscript(name: String) -> Entry? { entries.first { $0.name == name } }
}

/// A folder with folders in it, in the making.
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
  func store(_ store: ([UInt8]) throws(StoreError) -> ObjectID) throws(StoreError) -> ObjectID {
    var tree = Tree(Array(files.values))
    for (name, folder) in folders {
      tree.entries.append(Tree.Entry(name: name, id: try folder.store(store), isTree: true))
    }
    return try store(tree.bytes)
  }
}
