/// A git tree as it is in the repository: every entry with its mode, also those that no store writes.
///
/// Read and written here: libgit2 1.5 parses no tree from bytes, and `git_treebuilder` writes each tree as a loose
/// object and wants its entries in the repository, while a store's are in the pack that is being written.
struct RawTree {
  /// One name in a tree, with its object.
  struct Entry: Hashable {
    /// ``RawTree/fileMode`` or ``RawTree/folderMode``; a tree that another program wrote may have others.
    var mode: String
    /// The name's bytes, which need not be UTF-8.
    var name: [UInt8]
    var id: ObjectID
  }

  /// The mode of a file that is not executable.
  static let fileMode = "100644"
  /// The mode of a folder.
  static let folderMode = "40000"

  /// In the order in which they were read; written in git's.
  var entries: [Entry]

  init(_ entries: [Entry] = []) { self.entries = entries }

  /// - Returns: `nil` for bytes that are no tree.
  init?(parsing bytes: UnsafeRawBufferPointer) {
    entries = []
    var position = 0
    while position < bytes.count {
      guard let space = bytes[position...].firstIndex(of: 0x20), let end = bytes[space...].firstIndex(of: 0),
        end + ObjectID.byteCount < bytes.count
      else { return nil }
      let next = end + 1 + ObjectID.byteCount
      entries.append(
        Entry(
          mode: String(decoding: bytes[position..<space], as: UTF8.self), name: Array(bytes[(space + 1)..<end]),
          id: ObjectID(raw: UnsafeRawBufferPointer(rebasing: bytes[(end + 1)..<next]))))
      position = next
    }
  }

  /// The object's bytes; entries in git's order, in which a folder's name counts as if it ended in a slash.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    let keyed = entries.map { (key: $0.name + ($0.isFolder ? [UInt8(ascii: "/")] : []), entry: $0) }
    for (_, entry) in keyed.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      bytes += entry.mode.utf8
      bytes.append(0x20)
      bytes += entry.name
      bytes.append(0)
      entry.id.withBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }
}

extension RawTree.Entry {
  var isFile: Bool { mode == RawTree.fileMode }
  var isFolder: Bool { mode == RawTree.folderMode }

  /// The entry's name, for people.
  var text: String { String(decoding: name, as: UTF8.self) }

  /// The reason why such an entry may not be in a store; `nil` for a file or a folder.
  var fault: String? {
    switch mode {
    case RawTree.fileMode, RawTree.folderMode: nil
    case "120000": "\(text.debugDescription) is a symbolic link"
    case "160000": "\(text.debugDescription) is a submodule"
    default: "\(text.debugDescription) has the mode \(mode)"
    }
  }
}
