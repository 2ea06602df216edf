internal import Provenance

#if canImport(Glibc)
  internal import Glibc
#endif

/// Copies the objects of several packs into one. It is used under the lock that all processes of a store share.
struct PackConsolidation {
  /// Packs are consolidated when there are more than 48 …
  static let countLimit = 48
  /// … those that are shorter than 16 MiB.
  static let lengthLimit: Int64 = 16 << 20

  private struct Pack {
    var path: String
    var length: Int
    var index: PackIndex

    var indexPath: String { path.dropLast(5) + ".idx" }
  }

  private let folder: String
  private let repository: GitRepository

  init(repository: GitRepository) {
    self.repository = repository
    folder = repository.path + "/objects/pack"
  }

  /// Whether there are more short packs than there should be.
  var isDue: Bool {
    let names = FileSystem.names(in: folder).filter { $0.hasSuffix(".pack") }
    guard names.count > Self.countLimit else { return false }
    return names.count { (FileSystem.status(folder + "/" + $0)?.size ?? Self.lengthLimit) < Self.lengthLimit } > Self.countLimit
  }

  /// Makes one pack of the short ones. One with something damaged in it stays as it is, until what is damaged is asked for.
  func consolidate() throws(StoreError) {
    let short = packs { Int64($0) < Self.lengthLimit }.filter(isIntact)
    if short.count > 1 { try replace(short, without: try formerRecords(in: short), droppingDamaged: false) }
  }

  /// Objects that only earlier commits of the records' reference need: each flush replaces that commit.
  private func formerRecords(in packs: [Pack]) throws(StoreError) -> Set<ObjectID> {
    guard let tip = try repository.target(of: RecordSegment.reference),
      let commit = Commit(parsing: try repository.bytes(tip, .commit)),
      let tree = try repository.withObject(commit.tree, .tree, { (bytes) throws(StoreError) in Tree(parsing: bytes) })
    else { return [] }
    var former: Set<ObjectID> = []
    for pack in packs {
      try forEachEntry(pack) { (place, entry) throws(StoreError) in
        guard let entry, PackEntry.decodeHeader(entry)?.kind == .commit, let object = PackEntry.decode(entry),
          let commit = Commit(parsing: object.bytes), commit.message == RecordSegment.message, commit.parents.isEmpty,
          let bytes = try? repository.bytes(commit.tree, .tree), let tree = bytes.withUnsafeBytes({ Tree(parsing: $0) })
        else { return }
        former.formUnion([place.id, commit.tree])
        former.formUnion(tree.entries.map(\.id))
      }
    }
    former.subtract([tip, commit.tree])
    former.subtract(tree.entries.map(\.id))
    return former
  }

  /// Rewrites the packs that hold these objects without what is damaged in them.
  func removeDamaged(_ damaged: Set<ObjectID>) throws(StoreError) {
    let affected = packs { _ in true }.filter { $0.index.places.contains { damaged.contains($0.id) } }
    for pack in affected { try replace([pack], without: [], droppingDamaged: true) }
    try repository.reopen()
  }

  /// Removes packs that a process was killed before it gave them their index; older than a minute, so that none is being finished.
  func removeAbandoned() {
    for name in FileSystem.names(in: folder) where name.hasPrefix("pack-") && name.hasSuffix(".pack") {
      let path = folder + "/" + name
      guard !FileSystem.exists(path.dropLast(5) + ".idx"), let status = FileSystem.status(path),
        Double(status.changed) / 1e9 < FileSystem.now - 60
      else { continue }
      FileSystem.remove(path)
    }
  }

  private func packs(where isWanted: (Int) -> Bool) -> [Pack] {
    var packs: [Pack] = []
    for name in FileSystem.names(in: folder) where name.hasPrefix("pack-") && name.hasSuffix(".pack") {
      let path = folder + "/" + name
      let base = path.dropLast(5)
      // A pack that someone marked to be kept stays.
      guard !FileSystem.exists(base + ".keep"), let length = FileSystem.status(path).map({ Int($0.size) }), isWanted(length),
        let bytes = try? FileBytes.read(base + ".idx"), let index = PackIndex(bytes, packLength: length)
      else { continue }
      packs.append(Pack(path: path, length: length, index: index))
    }
    return packs.sorted { $0.path < $1.path }
  }

  private func replace(_ packs: [Pack], without former: Set<ObjectID>, droppingDamaged: Bool) throws(StoreError) {
    var writer = try PackWriter(folder: folder)
    var made: Set<String> = []
    for pack in packs {
      if writer.count > 0, writer.byteCount + pack.length > PackWriter.limit {
        made.insert(try writer.finish())
        writer = try PackWriter(folder: folder)
      }
      try copy(pack, into: writer, without: former, droppingDamaged: droppingDamaged)
    }
    if writer.count > 0 { made.insert(try writer.finish()) }
    // The new pack is durable: the old ones can go, their indexes first, so that nobody looks for what is gone.
    for pack in packs where !made.contains(pack.path) {
      FileSystem.remove(pack.indexPath)
      FileSystem.remove(pack.path)
    }
    try FileSystem.synchronise(folder: folder)
    try repository.reopen()
  }

  /// Whether every entry has the checksum that the index gives.
  private func isIntact(_ pack: Pack) -> Bool {
    (try? forEachEntry(pack) { (place, entry) throws(StoreError) in
      guard let entry, Deflater.checksum(entry) == place.checksum else {
        throw StoreError(
          operation: "check", subject: pack.path, cause: .damaged(object: place.id, digest: nil, reason: "checksum"))
      }
    }) != nil
  }

  private func copy(
    _ pack: Pack, into writer: PackWriter, without former: Set<ObjectID>, droppingDamaged: Bool
  ) throws(StoreError) {
    try forEachEntry(pack) { (place, entry) throws(StoreError) in
      if writer.contains(place.id) || former.contains(place.id) { return }
      guard let entry, let header = PackEntry.decodeHeader(entry) else {
        if droppingDamaged { return }
        throw StoreError(
          operation: "copy", subject: pack.path, cause: .damaged(object: place.id, digest: nil, reason: "unreadable"))
      }
      if header.kind == nil {
        // A delta, of a pack that was fetched: the object itself is written.
        for kind in [ObjectKind.blob, .tree, .commit] {
          guard let bytes = try? repository.bytes(place.id, kind) else { continue }
          let entry = bytes.withUnsafeBytes { PackEntry.encode(kind, $0) }
          try writer.append(place.id, entry: entry)
          return
        }
        if droppingDamaged { return }
        throw StoreError(
          operation: "copy", subject: pack.path, cause: .damaged(object: place.id, digest: nil, reason: "unreadable"))
      }
      if droppingDamaged {
        guard let (kind, bytes) = PackEntry.decode(entry), bytes.withUnsafeBytes({ ObjectID(kind, $0) }) == place.id else {
          return
        }
      }
      try writer.append(place.id, entry: entry)
    }
  }

  /// Calls `body` with every entry in the pack's order; without bytes where the pack is too short.
  private func forEachEntry(
    _ pack: Pack, _ body: (PackIndex.Place, UnsafeRawBufferPointer?) throws(StoreError) -> Void
  ) throws(StoreError) {
    let file = try Descriptor(pack.path, O_RDONLY)
    var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 << 20, alignment: 16)
    defer { buffer.deallocate() }
    for place in pack.index.places {
      guard place.offset + place.length <= pack.length else {
        try body(place, nil)
        continue
      }
      if place.length > buffer.count {
        buffer.deallocate()
        buffer = .allocate(byteCount: place.length, alignment: 16)
      }
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<place.length])
      try file.read(into: target, at: place.offset)
      try body(place, UnsafeRawBufferPointer(target))
    }
  }
}
