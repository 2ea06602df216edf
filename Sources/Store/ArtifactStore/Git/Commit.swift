/// A commit's fields.
///
/// Read and written here: libgit2 makes a commit's bytes only from a tree and parents that the repository has, while a
/// store's are in the pack that is being written, and a consolidation reads commits out of packs one entry at a time.
package struct Commit {
  /// The folder of its version.
  package var tree: ObjectID
  /// The commits before it; a version has several where a remote's versions were joined with those here.
  package var parents: [ObjectID]
  /// Unix time in seconds.
  package var time: Int64
  /// In UTF-8; no NUL is written.
  package var message: String

  init(tree: ObjectID, parents: [ObjectID] = [], time: Int64, message: String) {
    self.tree = tree
    self.parents = parents
    self.time = time
    self.message = message
  }

  /// The fields of a commit object; a committer without a readable time has time 0.
  /// - Returns: `nil` for bytes that are no commit.
  package init?(parsing bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    let header: Substring
    if let end = text.firstRange(of: "\n\n") {
      header = text[..<end.lowerBound]
      message = String(text[end.upperBound...])
    } else {
      header = text[...]
      message = ""
    }

    var tree: ObjectID?
    parents = []
    time = 0
    for line in header.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 2 else { continue }
      switch words[0] {
      case "tree": tree = ObjectID(hexadecimal: String(words[1]))
      case "parent":
        if let parent = ObjectID(hexadecimal: String(words[1])) { parents.append(parent) }
      // The last two words are the time and its zone; the name before them may have spaces.
      case "committer": time = Int64(words[words.count - 2]) ?? 0
      default: break
      }
    }

    guard let tree else { return nil }
    self.tree = tree
  }

  /// The object's bytes. The author is Colophon: who ran it is the project's business, not the store's.
  package var bytes: [UInt8] {
    let person = "Colophon <colophon@localhost> \(time) +0000"
    var text = "tree \(tree)\n"
    for parent in parents { text += "parent \(parent)\n" }
    text += "author \(person)\ncommitter \(person)\n\n"
    // A commit's message has no NUL and ends with a line break.
    text += message.filter { $0 != "\0" }
    if text.utf8.last != UInt8(ascii: "\n") { text += "\n" }
    return Array(text.utf8)
  }
}
