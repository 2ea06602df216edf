internal import Core

#if canImport(Glibc)
  internal import Glibc
#endif

/// Rewrites packs: many short ones as one, or some without the objects that go.
///
/// Entries are copied as they are. `git_packbuilder` would read every object, compress it again and search deltas for
/// it, and libgit2 has no way to list a pack's entries, whose checksums say which of them are damaged.
///
/// Its functions that write are called under the ``ProcessLock``.
struct PackConsolidation {
  /// Packs are consolidated when more than this many are shorter than ``lengthLimit``.
  static let countLimit = 48
  /// A pack of at least this length, 16 MiB, stays as it is.
  static let lengthLimit: Int64 = 16 << 20

  private struct Pack {
    var path: String
    var length: Int
    var index: PackIndex

    /// The path without `.pack`.
    var base: String { String(path.dropLast(5)) }

    func contains(where isWanted: (ObjectID) -> Bool) -> Bool { index.places.contains { isWanted($0.id) } }
  }

  private let folder: String
  private let repository: GitRepository

  init(repository: GitRepository) {
    self.repository = repository
    folder = repository.path + "/objects/pack"
  }

  // MARK: Consolidation

  /// True when there are more short packs than there should be.
  var isDue: Bool {
    let names = names
    guard names.count > Self.countLimit else { return false }
    let short = names.count { (FileSystem.status(folder + "/" + $0)?.size ?? Self.lengthLimit) < Self.lengthLimit }
    return short > Self.countLimit
  }

  /// Makes one pack of the short ones. One with something damaged in it stays until the damage is met or looked for.
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
        let objects = objects(ofRecords: commit)
      else { return [] }
      present.insert(tip)
      present.formUnion(objects)
    }

    var former: Set<ObjectID> = []
    for pack in packs {
      try forEachEntry(pack) { (place, entry) throws(StoreError) in
        guard let entry, PackEntry.decodeHeader(entry)?.kind == .commit, let object = PackEntry.decode(entry),
          let commit = Commit(parsing: object.bytes), commit.message == RecordSegment.message,
          commit.parents.isEmpty, let objects = objects(ofRecords: commit)
        else { return }
        former.insert(place.id)
        former.formUnion(objects)
      }
    }
    return former.subtracting(present)
  }

  /// The tree of a commit of records and the objects in it; `nil` when it cannot be read.
  private func objects(ofRecords commit: Commit) -> Set<ObjectID>? {
    guard let bytes = try? repository.bytes(commit.tree, .tree),
      let tree = bytes.withUnsafeBytes({ Tree(parsing: $0) })
    else { return nil }
    return Set(tree.entries.map(\.id)).union([commit.tree])
  }

  // MARK: Dropping objects

  /// Rewrites the packs that have these objects without those that are damaged.
  func removeDamaged(_ damaged: Set<ObjectID>) throws(StoreError) {
    for pack in packs(where: { _ in true }) where pack.contains(where: damaged.contains) {
      try replace([pack], without: [], droppingDamaged: true)
    }
    try repository.reopen()
  }

  /// Rewrites the packs that have objects that go, and those that have copies of objects of other packs.
  func collect(_ dead: Set<ObjectID>) throws(StoreError) {
    removeForgottenMarks()
    let (affected, others) = affected(by: dead)
    guard !affected.isEmpty else { return }
    try replace(affected, without: dead.union(others), droppingDamaged: false)
  }

  /// Names of the packs that there are.
  var names: Set<String> { Set(FileSystem.names(in: folder).filter { $0.hasSuffix(".pack") }) }

  /// Rewrites packs without the objects that are not wanted.
  /// - Parameter old: the names of packs that stay as they are.
  func discard(besides old: Set<String>, unless isWanted: (ObjectID) -> Bool) throws(StoreError) {
    for pack in packs(where: { _ in true }) where !old.contains(String(pack.path.dropFirst(folder.count + 1))) {
      let unwanted = Set(pack.index.places.map(\.id).filter { !isWanted($0) })
      if !unwanted.isEmpty { try replace([pack], without: unwanted, droppingDamaged: false) }
    }
  }

  /// The bytes that ``collect(_:)`` adds to the objects that stay, because it writes deltas as whole objects.
  func growth(without dead: Set<ObjectID>) throws(StoreError) -> Int64 {
    let (affected, others) = affected(by: dead)
    var seen = dead.union(others)
    var growth: Int64 = 0
    for pack in affected {
      try forEachEntry(pack) { (place, entry) throws(StoreError) in
        guard seen.insert(place.id).inserted, let entry, let header = PackEntry.decodeHeader(entry),
          header.kind == nil, let whole = wholeEntry(of: place.id)
        else { return }
        growth += Int64(whole.count - place.length)
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
      if pack.contains(where: { dead.contains($0) || seen.contains($0) }) {
        affected.append(pack)
      } else {
        others.formUnion(ids)
      }
      seen.formUnion(ids)
    }
    return (affected, others)
  }

  // MARK: Inspection

  /// Reads every object of every pack.
  /// - Parameter fault: called for each object that is not what its name says, with the reason.
  /// - Returns: the number of objects.
  func inspect(fault: (ObjectID, String) -> Void) throws(StoreError) -> Int {
    var count = 0
    for pack in packs(where: { _ in true }, isKept: true) {
      do throws(StoreError) {
        try forEachEntry(pack) { (place, entry) throws(StoreError) in
          count += 1
          if let reason = self.fault(of: entry, place.id, in: pack) { fault(place.id, reason) }
        }
      } catch {
        // A disk that cannot be read is damage of this pack, not the end of the inspection.
        guard case .system = error.cause else { throw error }
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        fault(pack.index.places.last?.id ?? ObjectID(.blob, nothing), "\(error)")
      }
    }
    return count
  }

  /// The reason why an entry is not the object of its name; `nil` when it is.
  private func fault(of entry: UnsafeRawBufferPointer?, _ id: ObjectID, in pack: Pack) -> String? {
    guard let entry else { return "\(pack.path) ends before it" }
    guard PackEntry.decodeHeader(entry)?.kind != nil else {
      // Deltas and tags are of no kind that a store writes: libgit2 reads them.
      if let (kind, bytes) = repository.object(id), bytes.withUnsafeBytes({ ObjectID(kind, $0) }) == id { return nil }
      if let header = repository.header(of: id), header.kind == nil { return nil }
      return "it cannot be read from \(pack.path)"
    }
    guard let (kind, bytes) = PackEntry.decode(entry) else { return "it cannot be unpacked from \(pack.path)" }
    let isRight = bytes.withUnsafeBytes { ObjectID(kind, $0) } == id
    return isRight ? nil : "its bytes in \(pack.path) do not hash to its name"
  }

  /// Packs whose index is missing or damaged; one that another process is finishing may be among them.
  func unreadablePacks() -> [String] {
    let readable = Set(packs(where: { _ in true }, isKept: true).map(\.path))
    return packPaths.filter { !readable.contains($0) }.sorted()
  }

  // MARK: Leftovers

  /// Removes marks that a fetch or push which was killed has left on its pack: older than an hour.
  private func removeForgottenMarks() {
    for name in FileSystem.names(in: folder) where name.hasSuffix(".keep") {
      let path = folder + "/" + name
      guard let age = FileSystem.age(path), age > 3600, let bytes = try? FileBytes.read(path),
        ["fetch-pack ", "receive-pack "].contains(where: String(decoding: bytes, as: UTF8.self).hasPrefix)
      else { continue }
      FileSystem.remove(path)
    }
  }

  /// Removes packs of processes that were killed before they gave them their index: older than a minute, so that none
  /// is being finished.
  func removeAbandoned() {
    for path in packPaths where !FileSystem.exists(path.dropLast(5) + ".idx") {
      if let age = FileSystem.age(path), age > 60 { FileSystem.remove(path) }
    }
  }

  // MARK: Reading and writing packs

  private var packPaths: [String] {
    FileSystem.names(in: folder).filter { $0.hasPrefix("pack-") && $0.hasSuffix(".pack") }.map { folder + "/" + $0 }
  }

  /// The packs with a readable index, in the order of their names.
  /// - Parameters:
  ///   - isWanted: true for the lengths of packs that are returned.
  ///   - isKept: true when packs that someone marked to be kept are returned, too.
  private func packs(where isWanted: (Int) -> Bool, isKept: Bool = false) -> [Pack] {
    var packs: [Pack] = []
    for path in packPaths {
      let base = path.dropLast(5)
      guard isKept || !FileSystem.exists(base + ".keep"), let length = FileSystem.status(path).map({ Int($0.size) }),
        isWanted(length), let bytes = try? FileBytes.read(base + ".idx"),
        let index = PackIndex(bytes, packLength: length)
      else { continue }
      packs.append(Pack(path: path, length: length, index: index))
    }
    return packs.sorted { $0.path < $1.path }
  }

  /// Writes the objects of packs into new ones, and removes the old ones when these are durable.
  private func replace(
    _ packs: [Pack], without former: Set<ObjectID>, droppingDamaged: Bool
  ) throws(StoreError) {
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

    // The new packs are durable: the old ones can go, their indexes first, so that no process looks for what is gone.
    FileSystem.remove(folder + "/multi-pack-index")
    for pack in packs where !made.contains(pack.path) {
      FileSystem.remove(pack.base + ".idx")
      FileSystem.remove(pack.path)
      for suffix in [".rev", ".bitmap"] { FileSystem.remove(pack.base + suffix) }
    }
    try FileSystem.synchronise(folder: folder)
    try repository.reopen()
  }

  /// True when every entry has the checksum that the index gives.
  private func isIntact(_ pack: Pack) -> Bool {
    (try? forEachEntry(pack) { (place, entry) throws(StoreError) in
      guard let entry, Deflater.checksum(entry) == place.checksum else {
        throw Self.damage(in: pack, of: place.id, operation: "check", reason: "checksum")
      }
    }) != nil
  }

  /// Copies the entries whose objects were not seen before.
  private func copy(
    _ pack: Pack, into writer: PackWriter, seen: inout Set<ObjectID>, droppingDamaged: Bool
  ) throws(StoreError) {
    try forEachEntry(pack) { (place, entry) throws(StoreError) in
      if seen.contains(place.id) { return }
      guard let entry, let header = PackEntry.decodeHeader(entry) else {
        if droppingDamaged { return }
        throw Self.damage(in: pack, of: place.id, operation: "copy", reason: "unreadable")
      }

      if header.kind == nil {
        // A delta, of a pack that was fetched: its base may not come along, so the whole object is written.
        guard let whole = wholeEntry(of: place.id) else {
          if droppingDamaged { return }
          throw Self.damage(in: pack, of: place.id, operation: "copy", reason: "unreadable")
        }
        try writer.append(place.id, entry: whole)
      } else {
        if droppingDamaged, fault(of: entry, place.id, in: pack) != nil { return }
        try writer.append(place.id, entry: entry)
      }
      seen.insert(place.id)
    }
  }

  /// The entry of an object as a store writes it; `nil` when libgit2 cannot read it.
  private func wholeEntry(of id: ObjectID) -> [UInt8]? {
    repository.object(id).map { kind, bytes in bytes.withUnsafeBytes { PackEntry.encode(kind, $0) } }
  }

  private static func damage(
    in pack: Pack, of id: ObjectID, operation: String, reason: String
  ) -> StoreError {
    StoreError(operation: operation, subject: pack.path, cause: .damaged(object: id, digest: nil, reason: reason))
  }

  /// Calls `body` with every entry in the pack's order; without bytes where the pack is too short.
  private func forEachEntry(
    _ pack: Pack, _ body: (PackIndex.Place, UnsafeRawBufferPointer?) throws(StoreError) -> Void
  ) throws(StoreError) {
    let file = try Descriptor(pack.path, O_RDONLY)
    // Holds any entry that this version writes; older stores and fetched packs have longer ones.
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
