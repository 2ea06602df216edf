internal import ArtifactTypes
internal import Core
internal import Counting
internal import Synchronization

/// Finds pairs whose id was there before, in bounded memory: ids are sorted on disk by their hashes.
///
/// Two ids count as one when the first 128 bits of their SHA-256 are equal, which for a billion ids happens with a chance of 10⁻²¹.
package final class PairIDs {
  /// Where a pair is.
  package struct Place: Equatable {
    /// Number of its input file.
    package let file: Int
    /// How many pairs of that file were written before it.
    package let index: Int
    /// Its record's number, counted from 1, for people.
    package let number: Int

    /// Bytes that sort as places do: 4 of the file, 6 of the index, 6 of the number.
    func withBytes<R>(after hash: (UInt64, UInt64)?, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
      let high = (UInt64(file) << 32 | UInt64(index) >> 16).bigEndian
      let low = (UInt64(index & 0xFFFF) << 48 | UInt64(number)).bigEndian
      guard let hash else { return try withUnsafeBytes(of: (high, low), body) }
      return try withUnsafeBytes(of: (hash.0, hash.1, high, low), body)
    }

    package init(file: Int, index: Int, number: Int) {
      self.file = file
      self.index = index
      self.number = number
    }

    init(bytes: UnsafeRawBufferPointer) {
      let high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
      let low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      file = Int(high >> 32)
      index = Int((high & 0xFFFF_FFFF) << 16 | low >> 48)
      number = Int(low & 0xFFFF_FFFF_FFFF)
    }
  }

  private let sorter: SpillingCounter

  /// - Parameters:
  ///   - folder: where runs are written.
  ///   - memoryLimit: in bytes.
  package init(folder: String, memoryLimit: Int) { sorter = SpillingCounter(folder: folder, memoryLimit: memoryLimit) }

  /// Remembers an id.
  package func add(_ id: String, _ place: Place) throws {
    let digest = Digest(of: id).bytes
    let hash = digest.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64).self) }
    try place.withBytes(after: hash) { try sorter.add($0, position: 0) }
  }

  /// Calls `body` with the place of every pair whose id another pair before it has, in the order of the places.
  /// - Parameters:
  ///   - all: what was added to by several threads; all are empty afterwards.
  ///   - folder: where runs are written.
  package static func forEachDouble(
    in all: [PairIDs], folder: String, memoryLimit: Int, _ body: (Place) throws -> Void
  ) throws {
    let doubles = SpillingCounter(folder: folder, memoryLimit: memoryLimit)
    var last: (UInt64, UInt64)?
    try SpillingCounter.finish(all.map(\.sorter)) { key, _, _ in
      let hash = key.loadUnaligned(as: (UInt64, UInt64).self)
      if let last, last == hash {
        try doubles.add(UnsafeRawBufferPointer(rebasing: key[16...]), position: 0)
      }
      last = hash
    }
    try doubles.finish { key, _, _ in try body(Place(bytes: key)) }
  }
}

/// One ``PairIDs`` for each thread that is reading.
///
/// `@unchecked Sendable`: the lock guards the list, and who has taken one out is the only one to use it.
final class PairIDsPool: @unchecked Sendable {
  private let folder: String
  private let memoryLimit: Int
  private let lock = Mutex(())
  private var all: [PairIDs] = []
  private var free: [PairIDs] = []

  init(folder: String, memoryLimit: Int) {
    self.folder = folder
    self.memoryLimit = memoryLimit
  }

  /// Lends one.
  func withIDs<R>(_ body: (PairIDs) throws -> R) rethrows -> R {
    let ids = lock.withLock { _ in
      if let ids = free.popLast() { return ids }
      let ids = PairIDs(folder: folder, memoryLimit: memoryLimit)
      all.append(ids)
      return ids
    }
    defer { lock.withLock { _ in free.append(ids) } }
    return try body(ids)
  }

  /// All that were made; nobody may have one.
  func takeAll() -> [PairIDs] {
    lock.withLock { _ in
      defer { (all, free) = ([], []) }
      return all
    }
  }
}
