/// Counts byte strings in bounded memory.
///
/// Keys are counted in a table. A table that has reached its limit is sorted and written to disk as a run, and counting
/// continues in an empty one. ``finish(_:)`` merges the runs. The result depends only on the keys that were added,
/// never on the limit or on the order of the calls.
///
/// The runs are in a file without a name, so that nothing is left on disk, however the process ends. Not Sendable: only
/// one thread at a time may use a counter.
package final class SpillingCounter {
  private let folder: String
  private let memoryLimit: Int
  private let fanIn: Int
  private var table = CountTable()
  private let runs: SortedRuns
  private var pending = PendingKeys()

  /// A counter that gives its keys in the order of their bytes.
  /// - Parameters:
  ///   - folder: the folder of the runs, which exists on a disk with enough space, such as ``StageContext/scratch``.
  ///   - memoryLimit: the approximate number of bytes of memory to use, at least those of one key.
  package convenience init(folder: String, memoryLimit: Int) {
    self.init(folder: folder, memoryLimit: memoryLimit, fanIn: 256)
  }

  /// A counter with a chosen order.
  /// - Parameters:
  ///   - folder: the folder of the runs, which exists on a disk with enough space.
  ///   - memoryLimit: the approximate number of bytes of memory to use, at least those of one key.
  ///   - fanIn: the number of runs that are merged at a time, at least 2; more are merged in passes.
  ///   - isSorted: true for keys in the order of their bytes; otherwise ``finish(_:)`` gives them in any order, which
  ///     costs less.
  package init(folder: String, memoryLimit: Int, fanIn: Int = 256, isSorted: Bool = true) {
    self.folder = folder
    self.memoryLimit = memoryLimit
    self.fanIn = fanIn
    runs = SortedRuns(order: isSorted ? .bytes : .hash, folder: folder, memoryLimit: memoryLimit, fanIn: fanIn)
  }

  /// The number of runs on disk.
  package var runCount: Int { runs.runs.count }

  /// The approximate number of bytes of memory that the counter takes now.
  package var memoryInUse: Int { table.byteCount }

  /// Counts a key.
  /// - Parameters:
  ///   - key: any bytes, also none; shorter than 4 GiB.
  ///   - count: the number that is added to its count, at least 0.
  ///   - position: the place where the key was seen; the smallest position of each key is kept.
  /// - Throws: ``OperationError`` when a run cannot be written.
  package func add(_ key: UnsafeRawBufferPointer, count: Int = 1, position: UInt64) throws {
    if pending.count > 0 { try flush() }
    try add(key, hash: TextTable.hash(key), count: count, position: position)
  }

  /// Counts a key once, together with the next ones, which is faster in a large table.
  /// - Parameters:
  ///   - key: its bytes must stay valid until ``flush()``.
  ///   - position: the place where the key was seen.
  /// - Throws: ``OperationError`` when a run cannot be written.
  @inline(__always)
  package func addLater(_ key: UnsafeRawBufferPointer, position: UInt64) throws {
    if pending.append(key, hash: TextTable.hash(key), count: 1, position: position) { try flush() }
  }

  /// Counts the keys of ``addLater(_:position:)``.
  /// - Throws: ``OperationError`` when a run cannot be written.
  package func flush() throws {
    defer { pending.removeAll() }
    var counted = 0
    while true {
      counted = table.add(pending, from: counted, limit: memoryLimit)
      if counted == pending.count { return }
      try runs.write(&table)
    }
  }

  /// Writes all counts to disk and frees the memory. Counting may continue.
  /// - Throws: ``OperationError`` when a run cannot be written.
  package func park() throws {
    try flush()
    try runs.write(&table)
    table.release()
  }

  /// Calls `body` with each key, its count and its smallest position, in the order of the keys' bytes, and empties the
  /// counter.
  /// - Throws: ``OperationError`` when a run cannot be written or read; `CancellationError`; the errors of `body`. The
  ///   counter is empty after an error, too.
  package func finish(_ body: (UnsafeRawBufferPointer, Int, UInt64) throws -> Void) throws {
    try Self.finish([self], body)
  }

  /// Calls `body` with the keys of several counters, as if all had been added to one, and empties the counters.
  /// - Throws: the same errors as ``finish(_:)``.
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

  /// Calls `body` with the keys of several counters, by descending count and then by ascending smallest position, and
  /// empties the counters.
  ///
  /// No two keys may have the same smallest position. When the keys do not fit into memory, sorting takes memory up to
  /// the first counter's limit in addition to that of the counters. Counters that were filled in the order of positions
  /// are best passed in that order.
  /// - Throws: the same errors as ``finish(_:)``.
  package static func finishCommonestFirst(
    _ counters: [SpillingCounter], _ body: (UnsafeRawBufferPointer, Int, UInt64) throws -> Void
  ) throws {
    defer { for counter in counters { counter.removeAll() } }
    for counter in counters { try counter.flush() }
    var filled = counters.filter { !$0.isEmpty }
    guard let first = filled.first else { return }

    // Without runs, one table takes all keys.
    if filled.allSatisfy({ $0.runCount == 0 }) {
      for other in filled.dropFirst() { try first.absorb(other) }
      filled = [first]
    }
    if filled.count == 1, first.runCount == 0 { return try first.table.drain(.commonest, body) }

    // Otherwise a first merge sums the counts, and its keys are sorted by count into new runs.
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

  /// Adds the counts of another counter, which has written no run, and empties that one.
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
