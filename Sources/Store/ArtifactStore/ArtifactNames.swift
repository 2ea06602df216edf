internal import Core

/// Names that are safe in a tree of the repository, on any file system, and as a branch.
enum ArtifactNames {
  /// The reason why a name cannot be in a tree; `nil` when it can.
  ///
  /// Any script will do. Not allowed: nothing, more than 255 bytes, control characters, slashes and backslashes,
  /// colons, a leading dot (so neither `.`, `..` nor `.git`), a leading dash, a space or dot at the end, `git~1`
  /// (`.git` on Windows), and characters that are ignored when macOS compares names.
  static func fault(_ name: String) -> String? {
    if name.isEmpty { return "the name is empty" }
    if name.utf8.count > 255 { return "the name “\(name.prefix(20))…” is longer than 255 bytes" }

    // Joiners before a dot would only hide it.
    if name.unicodeScalars.first(where: { $0 != "\u{200c}" && $0 != "\u{200d}" }) == "." {
      return "the name “\(name)” begins with a dot"
    }
    if name.hasPrefix("-") { return "the name “\(name)” begins with a dash" }
    if name.hasSuffix(" ") || name.hasSuffix(".") { return "the name “\(name)” ends with a space or a dot" }
    if name.lowercased() == "git~1" { return "the name “\(name)” means .git on Windows" }

    for scalar in name.unicodeScalars {
      switch scalar.value {
      case 0..<0x20, 0x7f: return "the name “\(name.debugDescription)” has a control character"
      case 0x2f, 0x5c, 0x3a: return "the name “\(name)” has a “\(scalar)”"
      case 0x200c...0x200f, 0x202a...0x202e, 0x206a...0x206f, 0xfeff:
        // A joiner is part of words in Persian and several scripts of India; before “git” it would only hide something.
        if scalar.value > 0x200d { return "the name “\(name.debugDescription)” has an invisible character" }
      default: break
      }
    }
    return nil
  }

  /// The parts of a file's relative path.
  /// - Throws: ``StoreError/Cause/invalidName(reason:)``.
  static func components(ofPath path: String) throws(StoreError) -> [String] {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    for part in parts {
      if let fault = fault(part) {
        throw StoreError(operation: "store the file", subject: path, cause: .invalidName(reason: fault))
      }
    }
    return parts
  }

  /// A notebook's branch: `refs/heads/` and its name, in which bytes that git refuses, `%` and `/` are written as `%`
  /// and two hexadecimal digits, so that different notebooks have different branches.
  static func reference(forNotebook name: String) throws(StoreError) -> String {
    guard !name.isEmpty, name.utf8.count <= 200, !name.utf8.contains(0) else {
      throw StoreError(
        operation: "name a branch after", subject: name,
        cause: .invalidName(reason: "a notebook's name has 1 to 200 bytes"))
    }
    let bytes = Array(name.utf8)
    var text: [UInt8] = []
    for position in bytes.indices {
      let byte = bytes[position]
      if name == "HEAD" && position == 0 || mustHide(byte, at: position, in: bytes) {
        text += ("%" + [byte].hexadecimal).utf8
      } else {
        text.append(byte)
      }
    }
    return "refs/heads/" + String(decoding: text, as: UTF8.self)
  }

  /// True for a byte that git does not allow at its position in a branch's name, or that has a meaning in a revision.
  private static func mustHide(_ byte: UInt8, at position: Int, in bytes: [UInt8]) -> Bool {
    switch byte {
    case 0...0x20, 0x7f: true
    case UInt8(ascii: "%"), UInt8(ascii: "/"), UInt8(ascii: "~"), UInt8(ascii: "^"), UInt8(ascii: ":"): true
    case UInt8(ascii: "?"), UInt8(ascii: "*"), UInt8(ascii: "["), UInt8(ascii: "\\"), UInt8(ascii: "@"): true
    case UInt8(ascii: "."):
      position == 0 || position == bytes.count - 1 || bytes[position + 1] == UInt8(ascii: ".")
        || bytes[position...].elementsEqual(".lock".utf8)
    case UInt8(ascii: "-"): position == 0
    default: false
    }
  }

  /// The notebook of a branch that ``reference(forNotebook:)`` names.
  static func notebook(forReference reference: String) -> String {
    let name = Array(reference.dropFirst("refs/heads/".count).utf8)
    var bytes: [UInt8] = []
    var position = 0
    while position < name.count {
      if name[position] == UInt8(ascii: "%"), position + 2 < name.count,
        let byte = UInt8(String(decoding: name[(position + 1)...(position + 2)], as: UTF8.self), radix: 16)
      {
        bytes.append(byte)
        position += 3
      } else {
        bytes.append(name[position])
        position += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension ArtifactStore {
  /// The reason why an artifact cannot have this name; `nil` when it can.
  package static func fault(inName name: String) -> String? { ArtifactNames.fault(name) }
}
