/// Counts byte strings in bounded memory.
///
/// Keys are counted in a table; when it has reached its limit, it is sorted and written to disk as a run, and counting goes on in an
/// empty one. ``finish(_:)`` merges the runs. What comes out depends on what was added alone, never on the limit or on the order of
/// the calls.
///
/// The runs lie in a file without a name, so that nothing stays behind, however the process ends. Not Sendable: for one thread at a
/// time.
package final class SpillingCounter {
  private let folder: String
  private let memoryLimit: Int
  private let fanIn: Int
  private var table = CountTable()
  private let runs: SortedRuns
  private var pending = PendingKeys()

  /// - Parameters:
  ///   - folder: where the runs lie; an existing folder on a disk with room, such as ``StageContext/scratch``.
  ///   - memoryLimit: about how many bytes of memory to use, at least those of one key.
  package convenience init(folder: String, memoryLimit: Int) {
    self.init(folder: folder, memoryLimit: memoryLimit, fanIn: 256)
  }

  /// - Parameters:
  ///   - fanIn: how many runs are merged at once, at least 2; more are merged in passes.
  ///   - isSorted: whether ``finish(_:)`` gives the keys in the order of their bytes; in some order otherwise, which costs less.
  package init(folder: String, memoryLimit: Int, fanIn: Int = 256, isSorted: Bool = true) {
    self.folder = folder
    self.memoryLimit = memoryLimit
    self.fanIn = fanIn
    runs = SortedRuns(order: isSorted ? .bytes : .hash, folder: folder, memoryLimit: memoryLimit, fanIn: fanIn)
  }

  /// How many runs were written so far.
  package var runCount: Int { runs.runs.count }

  /// About how many bytes of memory the counter takes now.
  package var memoryInUse: Int { table.byteCount }

  /// Counts a key.
  /// - Parameters:
  ///   - key: any bytes, none too; shorter than 4 GiB.
  ///   - count: how often to count it, at least 0.
  ///   - position: where it was seen; the smallest of a key's positions comes out.
  /// - Throws: ``OperationError`` when a run cannot be written.
  package func add(_ key: UnsafeRawBufferPointer, count: Int = 1, position: UInt64) throws {
    if pending.count > 0 { try flush() }
    try add(key, hash: TextTable.hash(key), count: count, position: position)
  }

  /// Counts a key once, together with others that follow, which is faster in a large table.
  /// - Parameter key: its bytes must stay as they are until ``flush()``.
  @inline(__always)
  package func addLater(_ key: UnsafeRawBufferPointer, position: UInt64) throws {
    if pending.append(key, hash: TextTable.hash(key), count: 1, position: position) { try flush() }
  }

  /// Counts the keys that were to be counted later.
  package func flush() throws {
    defer { pending.removeAll() }
    var counted = 0
    while true {
      counted = table.add(pending, from: counted, limit: memoryLimit)
      if counted == pending.count { return }
      try runs.write(&table)
    }
  }

  /// Writes what was counted to disk and gives the memory back; counting may go on.
  package func park() throws {
    try flush()
    try runs.write(&table)
    table.release()
  }

  /// Calls `body` with each key, its count and its smallest position, keys in the order of their bytes, and empties the counter.
  /// - Throws: ``OperationError`` when a run cannot be written or read; `CancellationError`; what `body` throws. The counter is
  ///   empty then, too.
  package func finish(_ body: (UnsafeRawBufferPointer, Int, UInt64) throws -> Void) throws {
    try Self.finish([self], body)
  }

  /// The same for several counters, as if all had been added to one.
  package static func finish(
    _ counters: [SpillingCounter], _ body: (UnsafeRawBufferPointer, Int, UInt64) throws -> Void
  ) throws {
    defer { for counter in counters { counter.removeAll() } }
    for counter in counters { try counter.flush() }
    let filled = counters.filter { !$0.isEmpty }
    if filled.count == 1, filled[0].runCount == 0 { return try filled[0].table.drain(filled[0].runs.order, body) }
    for counter in filled { try counter.park() }
    try SortedRuns.merge(filled.map(\.runs), body)
  }

  /// The same, the keys with the highest count first, those with equal counts in the order of their smallest positions.
  ///
  /// No two keys may have the same smallest position. Keys that do not fit into memory are sorted in memory of the first counter's
  /// limit beside what the counters take. Counters that were filled in the order of their positions are best given in that order.
  package static func finishCommonestFirst(
    _ counters: [SpillingCounter], _ body: (UnsafeRawBufferPointer, Int, UInt64) throws -> Void
  ) throws {
    defer { for counter in counters { counter.removeAll() } }
    for counter in counters { try counter.flush() }
    var filled = counters.filter { !$0.isEmpty }
    guard let first = filled.first else { return }
    if filled.allSatisfy({ $0.runCount == 0 }) {
      for other in filled.dropFirst() { try first.absorb(other) }
      filled = [first]
    }
    if filled.count == 1, first.runCount == 0 { return try first.table.drain(.commonest, body) }
    for counter in filled { try counter.park() }
    let sorted = SortedRuns(
      order: .commonest, folder: first.folder, memoryLimit: first.memoryLimit, fanIn: first.fanIn)
    var table = CountTable()
    try SortedRuns.merge(filled.map(\.runs)) { key, count, position in
      if table.append(key, count: count, position: position, limit: first.memoryLimit) { return }
      try sorted.write(&table)
      _ = table.append(key, count: count, position: position, limit: first.memoryLimit)
    }
    if sorted.runs.isEmpty { return try table.drain(.commonest, body) }
    try sorted.write(&table)
    table.release()
    try SortedRuns.merge([sorted], body)
  }

  private var isEmpty: Bool { table.count == 0 && runs.runs.isEmpty }

  @inline(__always)
  private func add(_ key: UnsafeRawBufferPointer, hash: UInt64, count: Int, position: UInt64) throws {
    if table.add(key, hash: hash, count: count, position: position, limit: memoryLimit) { return }
    try runs.write(&table)
    _ = table.add(key, hash: hash, count: count, position: position, limit: memoryLimit)
  }

  /// Counts what another counter, which has written no run, has counted, and empties that one.
  private func absorb(_ other: SpillingCounter) throws {
    try other.table.forEachRecord { key, count, position in
      if pending.append(key, hash: TextTable.hash(key), count: count, position: position) { try flush() }
    }
    try flush()
    other.removeAll()
  }

  private func removeAll() {
    table.release()
    runs.removeAll()
    pending.removeAll()
  }
}
