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
  private var file: RunFile?
  private var runs: [SortedRun] = []

  /// - Parameters:
  ///   - folder: where the runs lie; an existing folder on a disk with room, such as ``StageContext/scratch``.
  ///   - memoryLimit: about how many bytes of memory to use, at least those of one key.
  package convenience init(folder: String, memoryLimit: Int) {
    self.init(folder: folder, memoryLimit: memoryLimit, fanIn: 256)
  }

  /// - Parameter fanIn: how many runs are merged at once, at least 2; more are merged in passes.
  package init(folder: String, memoryLimit: Int, fanIn: Int) {
    self.folder = folder
    self.memoryLimit = memoryLimit
    self.fanIn = max(2, fanIn)
  }

  /// How many runs were written so far.
  package var runCount: Int { runs.count }

  /// Counts a key.
  /// - Parameters:
  ///   - key: any bytes, none too; shorter than 4 GiB.
  ///   - count: how often to count it.
  ///   - position: where it was seen; the smallest of a key's positions comes out.
  /// - Throws: ``ArtifactTypesError`` when a run cannot be written.
  @inline(__always)
  package func add(_ key: UnsafeRawBufferPointer, count: Int = 1, position: UInt64) throws {
    if table.add(key, count: count, position: position, limit: memoryLimit) { return }
    try spill()
    _ = table.add(key, count: count, position: position, limit: memoryLimit)
  }

  /// Writes what was counted to disk and gives the memory back; counting may go on.
  package func park() throws {
    try spill()
    table.release()
  }

  /// Calls `body` with each key, its count and its smallest position, keys in the order of their bytes, and empties the counter.
  /// - Throws: ``ArtifactTypesError`` when a run cannot be written or read; `CancellationError`; what `body` throws. The counter is
  ///   empty then, too.
  package func finish(_ body: (UnsafeRawBufferPointer, Int, UInt64) throws -> Void) throws {
    try Self.finish([self], body)
  }

  /// The same for several counters, as if all had been added to one.
  package static func finish(
    _ counters: [SpillingCounter], _ body: (UnsafeRawBufferPointer, Int, UInt64) throws -> Void
  ) throws {
    defer { for counter in counters { counter.removeAll() } }
    let filled = counters.filter { $0.table.count > 0 || !$0.runs.isEmpty }
    guard let first = filled.first else { return }
    if filled.count == 1, first.runs.isEmpty {
      return try first.table.drain(body)
    }
    for counter in filled { try counter.park() }
    for counter in filled { try counter.mergeRuns(downTo: max(1, counter.fanIn / filled.count)) }
    let runs = filled.flatMap(\.runs)
    try SortedRun.merge(runs, bufferSize: first.bufferSize(runs.count), body)
  }

  /// Writes the table's keys as a run and empties it.
  private func spill() throws {
    guard table.count > 0 else { return }
    let file = try self.file ?? RunFile(folder: folder)
    self.file = file
    let writer = RunWriter(file)
    try table.drain { try writer.append($0, count: $1, position: $2) }
    runs.append(try writer.finish())
  }

  /// Merges runs until there are at most so many.
  private func mergeRuns(downTo limit: Int) throws {
    while runs.count > limit {
      let merged = try RunFile(folder: folder)
      var longer: [SortedRun] = []
      // Enough groups of at most `fanIn` that the last pass has at most `limit` of them.
      let size = max(2, min(fanIn, (runs.count + limit - 1) / limit))
      for start in stride(from: 0, to: runs.count, by: size) {
        let group = Array(runs[start..<min(start + size, runs.count)])
        let writer = RunWriter(merged)
        try SortedRun.merge(group, bufferSize: bufferSize(group.count)) { try writer.append($0, count: $1, position: $2) }
        longer.append(try writer.finish())
      }
      runs = longer
      file = merged
    }
  }

  /// Bytes to read at once of each of several runs.
  private func bufferSize(_ count: Int) -> Int { min(1 << 18, max(1 << 12, memoryLimit / max(1, count))) }

  private func removeAll() {
    table.release()
    runs = []
    file = nil
  }
}
