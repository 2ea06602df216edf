internal import Crypto

/// The kinds of git objects that a store writes; the raw values are those of a pack's entries.
enum ObjectKind: UInt8, Sendable, CaseIterable {
  case commit = 1
  case tree = 2
  case blob = 3

  /// The kind in the header that is hashed with the object's bytes, and in messages.
  var name: String {
    switch self {
    case .commit: "commit"
    case .tree: "tree"
    case .blob: "blob"
    }
  }
}

extension ObjectID {
  /// The name of an object with these bytes.
  ///
  /// `git_odb_hash` gives the same name, but looks for SHA-1 collisions at 0.4 GB/s instead of 1.8 (see the wing's
  /// README); a store trusts the SHA-256 of its files instead.
  init(_ kind: ObjectKind, _ bytes: UnsafeRawBufferPointer) {
    var hash = Insecure.SHA1()
    var header = "\(kind.name) \(bytes.count)\0"
    header.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
    hash.update(bufferPointer: bytes)
    self = hash.finalize().withUnsafeBytes { ObjectID(raw: $0) }
  }
}
