/// A folder as another repository wrote it: every entry with the mode that it has there.
struct ForeignTree {
  struct Entry: Hashable {
    /// `100644` is a file, `40000` a folder; a store has nothing else.
    var mode: String
    var name: [UInt8]
    var id: ObjectID
  }

  var entries: [Entry]

  /// - Returns: `nil` for bytes that are no tree.
  init?(parsing bytes: UnsafeRawBufferPointer) {
    entries = []
    var position = 0
    while position < bytes.count {
      guard let space = bytes[position...].firstIndex(of: 0x20), let end = bytes[space...].firstIndex(of: 0),
        end + 20 < bytes.count
      else { return nil }
      entries.append(
        Entry(
          mode: String(decoding: bytes[position..<space], as: UTF8.self), name: Array(bytes[(space + 1)..<end]),
          id: ObjectID(raw: UnsafeRawBufferPointer(rebasing: bytes[(end + 1)..<(end + 21)]))))
      position = end + 21
    }
  }

  init(_ entries: [Entry] = []) { self.entries = entries }

  /// The object's bytes; entries in git's order, in which a folder's name counts as if it ended in a slash.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    let keyed = entries.map { (key: $0.name + ($0.mode == "40000" ? [UInt8(ascii: "/")] : []), entry: $0) }
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

extension ForeignTree.Entry {
  /// The entry's name, for people.
  var text: String { String(decoding: name, as: UTF8.self) }

  /// Why such an entry may not be in a store; `nil` for a file or a folder.
  var fault: String? {
    switch mode {
    case "100644", "40000": nil
    case "120000": "\(text.debugDescription) is a symbolic link"
    case "160000": "\(text.debugDescription) is a submodule"
    default: "\(text.debugDescription) has the mode \(mode)"
    }
  }
}
