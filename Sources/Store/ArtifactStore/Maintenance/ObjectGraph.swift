internal import Core

/// All objects of the repository with the bytes that they take on disk.
struct ObjectGraph {
  /// The place of an object.
  struct Stored {
    /// The pack's position in ``ObjectGraph/packs``; -1 for a loose object.
    var pack: Int
    /// The bytes that the object takes there.
    var byteCount: Int
  }

  /// Paths of the packs.
  private(set) var packs: [String] = []
  /// The first place of each object; further ones are in ``copies``.
  private(set) var objects: [ObjectID: Stored] = [:]
  /// Copies of objects beyond the first.
  private(set) var copies: [Stored] = []
  /// Loose objects, with the paths of their files.
  private(set) var loose: [(id: ObjectID, path: String)] = []

  init(repository: GitRepository) {
    addPacks(in: repository.path + "/objects/pack")
    addLoose(in: repository.path + "/objects")
  }

  /// True for an object that no pack has.
  func isLoose(_ id: ObjectID) -> Bool { objects[id]?.pack == -1 }

  private mutating func addPacks(in folder: String) {
    for name in FileSystem.names(in: folder).sorted() where name.hasPrefix("pack-") && name.hasSuffix(".pack") {
      let path = folder + "/" + name
      guard let length = FileSystem.status(path)?.size, let bytes = try? FileBytes.read(path.dropLast(5) + ".idx"),
        let index = PackIndex(bytes, packLength: Int(length))
      else { continue }
      packs.append(path)
      objects.reserveCapacity(objects.count + index.places.count)
      for place in index.places { note(place.id, Stored(pack: packs.count - 1, byteCount: place.length)) }
    }
  }

  private mutating func addLoose(in folder: String) {
    for prefix in FileSystem.names(in: folder).sorted() where prefix.utf8.count == 2 {
      for rest in FileSystem.names(in: "\(folder)/\(prefix)").sorted() {
        let path = "\(folder)/\(prefix)/\(rest)"
        guard let id = ObjectID(hexadecimal: prefix + rest), let size = FileSystem.status(path)?.size else { continue }
        loose.append((id, path))
        note(id, Stored(pack: -1, byteCount: Int(size)))
      }
    }
  }

  private mutating func note(_ id: ObjectID, _ stored: Stored) {
    if objects[id] == nil { objects[id] = stored } else { copies.append(stored) }
  }
}
