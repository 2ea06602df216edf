internal import Core
internal import Crypto

#if canImport(Glibc)
  internal import Glibc
#endif

/// A pack that is being written: entries stream into a temporary file, which ``finish()`` makes a pack of the
/// repository.
///
/// Until then nothing in the repository names the file; a writer that goes away before removes it. One thread at a time
/// uses it.
///
/// libgit2 has two ways to a pack, and both were measured (see the wing's README): `git_packbuilder` collects the
/// objects in memory, searches deltas and takes six times as long for small records; `git_indexer` wants the number of
/// objects before the first one, unpacks and hashes each again, and takes as long as the whole writing of a long file.
final class PackWriter {
  /// The greatest length of a pack, 1 GiB: its index needs no 8-byte offsets.
  static let limit = 1 << 30
  /// The length of the signature, the version and the number of objects.
  private static let headerLength = 12
  /// The length of the SHA-1 at the end.
  private static let checksumLength = 20

  private struct Place {
    var id: ObjectID
    var offset: UInt32
    var checksum: UInt32
  }

  private let folder: String
  private let path: String
  private let file: Descriptor
  private var places: [Place] = []
  private var positions: [ObjectID: Int] = [:]
  /// The end of the pack that is not in the file yet, in its first ``buffered`` bytes.
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
  private var buffered = PackWriter.headerLength
  /// The length of the file.
  private var written = 0
  private var isFinished = false

  /// - Parameter folder: the repository's `objects/pack`.
  init(folder: String) throws(StoreError) {
    self.folder = folder
    path = folder + "/" + FileSystem.temporaryName("pack")
    file = try Descriptor(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o444)
    file.lock(wait: false)
    // Signature, version 2, and the number of objects, which is put in at the end.
    buffer.copyBytes(from: Array("PACK".utf8) + [0, 0, 0, 2, 0, 0, 0, 0])
  }

  deinit {
    if !isFinished { FileSystem.remove(path) }
    buffer.deallocate()
  }

  /// The number of objects.
  var count: Int { places.count }

  /// The length of the pack so far, without its checksum.
  var byteCount: Int { written + buffered }

  func contains(_ id: ObjectID) -> Bool { positions[id] != nil }

  /// Adds an entry unless the pack has the object.
  func append(_ id: ObjectID, entry: UnsafeRawBufferPointer) throws(StoreError) {
    guard !contains(id) else { return }
    let place = Place(id: id, offset: UInt32(byteCount), checksum: Deflater.checksum(entry))

    if buffered + entry.count > buffer.count { try spill() }
    if entry.count > buffer.count {
      try file.write(entry, at: written)
      written += entry.count
    } else {
      UnsafeMutableRawBufferPointer(rebasing: buffer[buffered..<buffered + entry.count]).copyMemory(from: entry)
      buffered += entry.count
    }

    positions[id] = places.count
    places.append(place)
  }

  /// Adds an entry unless the pack has the object.
  func append(_ id: ObjectID, entry: [UInt8]) throws(StoreError) {
    try entry.withUnsafeBufferPointer { (entry) throws(StoreError) in
      try append(id, entry: UnsafeRawBufferPointer(entry))
    }
  }

  /// The object with this name; `nil` when the pack does not have it.
  func read(_ id: ObjectID) throws(StoreError) -> (kind: ObjectKind, bytes: [UInt8])? {
    guard let position = positions[id] else { return nil }
    let start = Int(places[position].offset)
    let end = position + 1 < places.count ? Int(places[position + 1].offset) : byteCount
    try spill()
    let entry = UnsafeMutableRawBufferPointer.allocate(byteCount: end - start, alignment: 16)
    defer { entry.deallocate() }
    try file.read(into: entry, at: start)
    return PackEntry.decode(UnsafeRawBufferPointer(entry))
  }

  /// Makes the pack part of the repository, durably.
  ///
  /// The order is what makes a kill harmless: the pack's bytes are durable, then the index's, then both get their
  /// names, the pack first, so that an index never names a pack that is not there.
  /// - Returns: the pack's path.
  @discardableResult
  func finish() throws(StoreError) -> String {
    precondition(!places.isEmpty && !isFinished, "a pack has objects and is finished once")
    try writeCount()
    let checksum = try checksum()
    if buffered + Self.checksumLength > buffer.count { try spill() }
    UnsafeMutableRawBufferPointer(rebasing: buffer[buffered..<buffered + Self.checksumLength])
      .copyBytes(from: checksum)
    buffered += Self.checksumLength
    try spill()
    try file.synchronise()

    // Named by its checksum: two packs of one name have the same bytes.
    let name = folder + "/pack-" + checksum.hexadecimal
    let index = folder + "/" + FileSystem.temporaryName("idx")
    do throws(StoreError) {
      try writeIndex(index, checksum)
      try FileSystem.rename(path, to: name + ".pack")
      try FileSystem.rename(index, to: name + ".idx")
    } catch {
      FileSystem.remove(index)
      throw error
    }
    isFinished = true
    try FileSystem.synchronise(folder: folder)
    return name + ".pack"
  }

  /// Puts the number of objects into the header, which may be in the file already.
  private func writeCount() throws(StoreError) {
    let count = UInt32(places.count).bigEndian
    if written == 0 {
      withUnsafeBytes(of: count) { buffer[8..<Self.headerLength].copyBytes(from: $0) }
    } else {
      try spill()
      try withUnsafeBytes(of: count) { (bytes) throws(StoreError) in try file.write(bytes, at: 8) }
    }
  }

  /// Writes the buffer to the end of the file.
  private func spill() throws(StoreError) {
    guard buffered > 0 else { return }
    try file.write(UnsafeRawBufferPointer(rebasing: buffer[0..<buffered]), at: written)
    written += buffered
    buffered = 0
  }

  /// The SHA-1 of the whole pack; the number of objects is at its beginning, so it cannot be hashed as it is written.
  private func checksum() throws(StoreError) -> [UInt8] {
    var hash = Insecure.SHA1()
    if written == 0 {
      hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[0..<buffered]))
    } else {
      var offset = 0
      while offset < written {
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<min(buffer.count, written - offset)])
        try file.read(into: part, at: offset)
        hash.update(bufferPointer: UnsafeRawBufferPointer(part))
        offset += part.count
      }
    }
    return Array(hash.finalize())
  }

  /// Writes the index, version 2 (gitformat-pack), durably.
  private func writeIndex(_ path: String, _ checksum: [UInt8]) throws(StoreError) {
    let sorted = places.sorted { $0.id < $1.id }
    var bytes = PackIndex.signature
    bytes.reserveCapacity(bytes.count + PackIndex.countsLength + sorted.count * 28 + 2 * Self.checksumLength)

    // For each first byte the number of names up to and with it.
    var counts = [UInt32](repeating: 0, count: 256)
    for place in sorted { counts[Int(place.id.firstByte)] += 1 }
    var total: UInt32 = 0
    for count in counts {
      total += count
      bytes.append(bigEndian: total)
    }

    for place in sorted { place.id.withBytes { bytes.append(contentsOf: $0) } }
    for place in sorted { bytes.append(bigEndian: place.checksum) }
    for place in sorted { bytes.append(bigEndian: place.offset) }
    bytes.append(contentsOf: checksum)
    bytes.append(contentsOf: Array(Insecure.SHA1.hash(data: bytes)))

    let file = try Descriptor(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o444)
    try file.write(bytes)
    try file.synchronise()
  }
}

extension [UInt8] {
  fileprivate mutating func append(bigEndian value: UInt32) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
}
