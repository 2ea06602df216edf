/// Runs of one order in one folder. They are written from tables, merged in passes when they are too many, and read
/// once.
final class SortedRuns {
  let order: KeyOrder
  private let folder: String
  private let memoryLimit: Int
  private let fanIn: Int
  private var file: RunFile?
  private(set) var runs: [SortedRun] = []

  /// No runs yet.
  /// - Parameter fanIn: the number of runs that are merged at a time, at least 2.
  init(order: KeyOrder, folder: String, memoryLimit: Int, fanIn: Int) {
    self.order = order
    self.folder = folder
    self.memoryLimit = memoryLimit
    self.fanIn = max(2, fanIn)
  }

  /// Writes a table's keys as a run and empties the table.
  func write(_ table: inout CountTable) throws {
    guard table.count > 0 else { return }
    let file = try self.file ?? RunFile(folder: folder)
    self.file = file
    var writer = RunWriter(file)
    try table.drain(order) { try writer.append($0, count: $1, position: $2) }
    runs.append(try writer.finish())
  }

  /// Calls `body` with each key of all runs in their order, the sum of its counts and its smallest position, and
  /// removes the runs.
  static func merge(_ parts: [SortedRuns], _ body: (UnsafeRawBufferPointer, Int, UInt64) throws -> Void) throws {
    guard let first = parts.first else { return }
    for part in parts { try part.merge(downTo: max(1, part.fanIn / parts.count)) }
    let runs = parts.flatMap(\.runs)
    for part in parts { part.removeAll() }
    try SortedRun.merge(runs, first.order, bufferSize: first.bufferSize(runs.count), body)
  }

  func removeAll() {
    runs = []
    file = nil
  }

  /// Merges runs until there are at most this many.
  private func merge(downTo limit: Int) throws {
    while runs.count > limit {
      let merged = try RunFile(folder: folder)
      var longer: [SortedRun] = []
      let size = max(2, min(fanIn, (runs.count + limit - 1) / limit))
      for start in stride(from: 0, to: runs.count, by: size) {
        let group = Array(runs[start..<min(start + size, runs.count)])
        var writer = RunWriter(merged)
        try SortedRun.merge(group, order, bufferSize: bufferSize(group.count)) {
          try writer.append($0, count: $1, position: $2)
        }
        longer.append(try writer.finish())
      }
      runs = longer
      file = merged
    }
  }

  /// The number of bytes of each of several runs that are read at a time.
  private func bufferSize(_ count: Int) -> Int { min(1 << 18, max(1 << 12, memoryLimit / max(1, count))) }
}
