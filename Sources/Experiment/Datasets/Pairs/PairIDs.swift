internal import ArtifactTypes
internal import Core
internal import Counting
internal import Synchronization

/// Finds pairs that have the id of a pair before them, in bounded memory: ids are sorted on disk by their hashes.
///
/// Two ids count as one when the first 128 bits of their SHA-256 are equal, which for a billion ids happens with a
/// probability of 10⁻²¹.
package final class PairIDs {
  /// The position of a pair among the input files.
  package struct Place: Equatable {
    /// Number of its input file, from 0.
    package let file: Int
    /// The number of pairs of that file that were written before it.
    package let index: Int
    /// Its record's number, counted from 1, for messages.
    package let number: Int

    /// The place of one pair.
    /// - Parameters:
    ///   - file: number of its input file, less than 2³².
    ///   - index: how many pairs of that file were written before it, less than 2⁴⁸.
    ///   - number: its record's number, less than 2⁴⁸.
    package init(file: Int, index: Int, number: Int) {
      self.file = file
      self.index = index
      self.number = number
    }

    // 16 bytes, the most significant first, so that they sort as places do: 4 of the file, 6 of the index, 6 of the
    // number.

    init(bytes: UnsafeRawBufferPointer) {
      let high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
      let low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      file = Int(high >> 32)
      index = Int((high & 0xFFFF_FFFF) << 16 | low >> 48)
      number = Int(low & 0xFFFF_FFFF_FFFF)
    }

    func withBytes<R>(after hash: (UInt64, UInt64), _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
      let high = (UInt64(file) << 32 | UInt64(index) >> 16).bigEndian
      let low = (UInt64(index & 0xFFFF) << 48 | UInt64(number)).bigEndian
      return try withUnsafeBytes(of: (hash.0, hash.1, high, low), body)
    }
  }

  private let sorter: SpillingCounter

  /// An empty set of ids.
  /// - Parameters:
  ///   - folder: the folder for sorted parts that do not fit into memory.
  ///   - memoryLimit: in bytes.
  package init(folder: String, memoryLimit: Int) { sorter = SpillingCounter(folder: folder, memoryLimit: memoryLimit) }

  /// Remembers an id.
  package func add(_ id: String, _ place: Place) throws {
    let digest = Digest(of: id).bytes
    let hash = digest.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64).self) }
    try place.withBytes(after: hash) { try sorter.add($0, position: 0) }
  }

  /// Calls `body` with the place of every pair that has the id of a pair before it, in the order of the places.
  /// - Parameters:
  ///   - all: sets that several threads have added to; all are empty afterwards.
  ///   - folder: the folder for sorted parts that do not fit into memory.
  ///   - memoryLimit: in bytes.
  package static func forEachDuplicate(
    in all: [PairIDs], folder: String, memoryLimit: Int, _ body: (Place) throws -> Void
  ) throws {
    let duplicates = SpillingCounter(folder: folder, memoryLimit: memoryLimit)
    var last: (UInt64, UInt64)?
    try SpillingCounter.finish(all.map(\.sorter)) { key, _, _ in
      let hash = key.loadUnaligned(as: (UInt64, UInt64).self)
      if let last, last == hash {
        try duplicates.add(UnsafeRawBufferPointer(rebasing: key[16...]), position: 0)
      }
      last = hash
    }
    try duplicates.finish { key, _, _ in try body(Place(bytes: key)) }
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

  /// - Parameter memoryLimit: of each set, in bytes.
  init(folder: String, memoryLimit: Int) {
    self.folder = folder
    self.memoryLimit = memoryLimit
  }

  /// Calls `body` with a set that no other thread uses meanwhile.
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

  /// All sets that were made; none may be in use.
  func takeAll() -> [PairIDs] {
    lock.withLock { _ in
      defer { (all, free) = ([], []) }
      return all
    }
  }
}
