internal import Core

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
    return names.count { (FileSystem.status(folder + "/" + $0)?.size ?? Self.lengthLimit) < Self.lengthLimit }
      > Self.countLimit
  }

  /// Makes one pack of the short ones. One with something damaged in it stays as it is, until what is damaged is asked for.
  func consolidate() throws(StoreError) {
    let short = packs { Int64($0) < Self.lengthLimit }.filter(isIntact)
    if short.count > 1 { try replace(short, without: try formerRecords(in: short), droppingDamaged: false) }
  }

  /// Objects that only earlier commits of the records' references need: each flush replaces that commit.
  private func formerRecords(in packs: [Pack]) throws(StoreError) -> Set<ObjectID> {
    var present: Set<ObjectID> = []
    for reference in try repository.references(under: "refs/colophon/") {
      guard let tip = try repository.target(of: reference) else { continue }
      // One that cannot be read: nothing is dropped that it might name.
      guard let bytes = try? repository.bytes(tip, .commit), let commit = Commit(parsing: bytes),
        let content = try? repository.bytes(commit.tree, .tree),
        let tree = content.withUnsafeBytes({ Tree(parsing: $0) })
      else { return [] }
      present.formUnion([tip, commit.tree])
      present.formUnion(tree.entries.map(\.id))
    }
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
    return former.subtracting(present)
  }

  /// Rewrites the packs that hold these objects without what is damaged in them.
  func removeDamaged(_ damaged: Set<ObjectID>) throws(StoreError) {
    let affected = packs { _ in true }.filter { $0.index.places.contains { damaged.contains($0.id) } }
    for pack in affected { try replace([pack], without: [], droppingDamaged: true) }
    try repository.reopen()
  }

  /// Rewrites the packs that hold objects that go, and those that hold copies of objects of other packs.
  func collect(_ dead: Set<ObjectID>) throws(StoreError) {
    removeForgottenMarks()
    let (affected, others) = affected(by: dead)
    guard !affected.isEmpty else { return }
    try replace(affected, without: dead.union(others), droppingDamaged: false)
  }

  /// The packs that there are.
  var names: Set<String> { Set(FileSystem.names(in: folder).filter { $0.hasSuffix(".pack") }) }

  /// Rewrites the packs that are not among these without the objects that are not wanted.
  func discard(besides old: Set<String>, unless isWanted: (ObjectID) -> Bool) throws(StoreError) {
    for pack in packs(where: { _ in true }) where !old.contains(String(pack.path.dropFirst(folder.count + 1))) {
      let unwanted = Set(pack.index.places.map(\.id).filter { !isWanted($0) })
      if !unwanted.isEmpty { try replace([pack], without: unwanted, droppingDamaged: false) }
    }
  }

  /// How many bytes longer what stays of those packs becomes, because differences are written as whole objects.
  func growth(without dead: Set<ObjectID>) throws(StoreError) -> Int64 {
    let (affected, others) = affected(by: dead)
    var seen = dead.union(others)
    var growth: Int64 = 0
    for pack in affected {
      try forEachEntry(pack) { (place, entry) throws(StoreError) in
        guard seen.insert(place.id).inserted, let entry, let header = PackEntry.decodeHeader(entry), header.kind == nil
        else {
          return
        }
        for kind in [ObjectKind.blob, .tree, .commit] {
          guard let bytes = try? repository.bytes(place.id, kind) else { continue }
          growth += Int64(bytes.withUnsafeBytes { PackEntry.encode(kind, $0) }.count - place.length)
          return
        }
      }
    }
    return growth
  }

  /// Packs with objects that go or copies, in their order, and the objects of all others.
  private func affected(by dead: Set<ObjectID>) -> (packs: [Pack], others: Set<ObjectID>) {
    var affected: [Pack] = []
    var others: Set<ObjectID> = []
    var seen: Set<ObjectID> = []
    for pack in packs(where: { _ in true }) {
      let ids = pack.index.places.map(\.id)
      if ids.contains(where: { dead.contains($0) || seen.contains($0) }) {
        affected.append(pack)
      } else {
        others.formUnion(ids)
      }
      seen.formUnion(ids)
    }
    return (affected, others)
  }

  /// Reads every object of every pack.
  /// - Parameter fault: is told of each that is not what its name says.
  /// - Returns: how many objects there are.
  func inspect(fault: (ObjectID, String) -> Void) throws(StoreError) -> Int {
    var count = 0
    for pack in packs(where: { _ in true }, isKept: true) {
      do throws(StoreError) {
        try forEachEntry(pack) { (place, entry) throws(StoreError) in
          count += 1
          guard let entry else { return fault(place.id, "\(pack.path) ends before it") }
          if PackEntry.decodeHeader(entry)?.kind == nil {
            for kind in [ObjectKind.blob, .tree, .commit] {
              guard let bytes = try? repository.bytes(place.id, kind) else { continue }
              if bytes.withUnsafeBytes({ ObjectID(kind, $0) }) == place.id { return }
            }
            // A tag is none of the kinds that a store writes: libgit2 says whether it can be read.
            if let header = repository.header(of: place.id), header.kind == nil { return }
            return fault(place.id, "it cannot be read from \(pack.path)")
          }
          guard let (kind, bytes) = PackEntry.decode(entry) else {
            return fault(place.id, "it cannot be unpacked from \(pack.path)")
          }
          if bytes.withUnsafeBytes({ ObjectID(kind, $0) }) != place.id {
            fault(place.id, "its bytes in \(pack.path) do not hash to its name")
          }
        }
      } catch {
        guard case .system = error.cause else { throw error }
        fault(pack.index.places.last?.id ?? ObjectID(.blob, UnsafeRawBufferPointer(start: nil, count: 0)), "\(error)")
      }
    }
    return count
  }

  /// Packs whose index is missing or damaged; one that is being finished just now may be among them.
  func unreadablePacks() -> [String] {
    let readable = Set(packs(where: { _ in true }, isKept: true).map(\.path))
    return FileSystem.names(in: folder).filter { $0.hasPrefix("pack-") && $0.hasSuffix(".pack") }.map {
      folder + "/" + $0
    }
    .filter { !readable.contains($0) }.sorted()
  }

  /// Removes marks that a fetch or push which was killed has left on its pack: older than an hour.
  private func removeForgottenMarks() {
    for name in FileSystem.names(in: folder) where name.hasSuffix(".keep") {
      let path = folder + "/" + name
      guard let status = FileSystem.status(path), Double(status.changed) / 1e9 < FileSystem.now - 3600,
        let bytes = try? FileBytes.read(path),
        ["fetch-pack ", "receive-pack "].contains(where: String(decoding: bytes, as: UTF8.self).hasPrefix)
      else { continue }
      FileSystem.remove(path)
    }
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

  /// - Parameter isKept: whether packs that someone marked to be kept count, too.
  private func packs(where isWanted: (Int) -> Bool, isKept: Bool = false) -> [Pack] {
    var packs: [Pack] = []
    for name in FileSystem.names(in: folder) where name.hasPrefix("pack-") && name.hasSuffix(".pack") {
      let path = folder + "/" + name
      let base = path.dropLast(5)
      // A pack that someone marked to be kept stays.
      guard isKept || !FileSystem.exists(base + ".keep"), let length = FileSystem.status(path).map({ Int($0.size) }),
        isWanted(length),
        let bytes = try? FileBytes.read(base + ".idx"), let index = PackIndex(bytes, packLength: length)
      else { continue }
      packs.append(Pack(path: path, length: length, index: index))
    }
    return packs.sorted { $0.path < $1.path }
  }

  private func replace(_ packs: [Pack], without former: Set<ObjectID>, droppingDamaged: Bool) throws(StoreError) {
    var writer = try PackWriter(folder: folder)
    var made: Set<String> = []
    var seen = former
    for pack in packs {
      if writer.count > 0, writer.byteCount + pack.length > PackWriter.limit {
        made.insert(try writer.finish())
        writer = try PackWriter(folder: folder)
      }
      try copy(pack, into: writer, seen: &seen, droppingDamaged: droppingDamaged)
    }
    if writer.count > 0 { made.insert(try writer.finish()) }
    // The new pack is durable: the old ones can go, their indexes first, so that nobody looks for what is gone.
    FileSystem.remove(folder + "/multi-pack-index")
    for pack in packs where !made.contains(pack.path) {
      FileSystem.remove(pack.indexPath)
      FileSystem.remove(pack.path)
      for suffix in [".rev", ".bitmap"] { FileSystem.remove(pack.path.dropLast(5) + suffix) }
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
    _ pack: Pack, into writer: PackWriter, seen: inout Set<ObjectID>, droppingDamaged: Bool
  ) throws(StoreError) {
    try forEachEntry(pack) { (place, entry) throws(StoreError) in
      if seen.contains(place.id) { return }
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
          seen.insert(place.id)
          return
        }
        if droppingDamaged { return }
        throw StoreError(
          operation: "copy", subject: pack.path, cause: .damaged(object: place.id, digest: nil, reason: "unreadable"))
      }
      if droppingDamaged {
        guard let (kind, bytes) = PackEntry.decode(entry), bytes.withUnsafeBytes({ ObjectID(kind, $0) }) == place.id
        else {
          return
        }
      }
      try writer.append(place.id, entry: entry)
      seen.insert(place.id)
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
