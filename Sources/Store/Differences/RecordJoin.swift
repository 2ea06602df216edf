internal import Core
internal import Dispatch
internal import FileFormats
internal import Synchronization

/// A count over all records of one side, made while they are read.
protocol RecordTally: Sendable {
  mutating func add(_ record: UnsafeRawBufferPointer, file: Int) throws
}

/// Counts the records of each file.
struct FileTally: RecordTally {
  private(set) var counts: [Int]

  init(files: Int) { counts = Array(repeating: 0, count: files) }

  mutating func add(_ record: UnsafeRawBufferPointer, file: Int) { counts[file] += 1 }
}

/// The position of a record in the files of a side.
struct RecordLocation: Comparable, Hashable {
  let file: Int
  /// The record's first byte.
  let offset: Int

  init(file: Int, offset: Int) {
    self.file = file
    self.offset = offset
  }

  /// - Parameter packed: as ``packed`` gives it.
  init(packed: UInt64) { self.init(file: Int(packed >> 48), offset: Int(packed & (1 << 48 - 1))) }

  /// The file's number above 48 bits of the offset: of the same order.
  var packed: UInt64 { UInt64(file) << 48 | UInt64(offset) }

  static func < (a: RecordLocation, b: RecordLocation) -> Bool { (a.file, a.offset) < (b.file, b.offset) }
}

/// A record that does not have the same bytes on both sides.
enum RecordChange {
  case gone(UnsafeRawBufferPointer, RecordLocation)
  case added(UnsafeRawBufferPointer, RecordLocation)
  /// The same key with other bytes; the location is that of the new record.
  case changed(Sides<UnsafeRawBufferPointer>, RecordLocation)
}

/// Joins two sets of records by their keys in bounded memory.
///
/// Hashes of keys and records go into as many partitions as the memory requires, and one partition is joined after the
/// other. A key that comes several times in a side is joined in the order of its records.
struct RecordJoin<Tally: RecordTally> {
  let files: Sides<[MappedBytes]>
  let format: RecordFormat
  let limits: DifferenceLimits

  /// The counts of a join.
  struct Totals {
    var tallies: Sides<Tally>
    /// The numbers of records of both sides.
    var counts: Sides<Int>
    /// Records that both have with the same bytes.
    var same = 0
  }

  /// - Parameters:
  ///   - tally: the tally with which each side begins.
  ///   - body: called with every change: partition by partition, in each those that are gone, then those that changed,
  ///     then the new ones, each in the order of the files.
  /// - Throws: ``OperationError`` with the line that is not a record.
  func run(_ tally: Tally, _ body: (RecordChange) throws -> Void) throws -> Totals {
    let most = max(files.old.count, files.new.count)
    guard most < 1 << 16 else {
      throw OperationError(operation: "compare", subject: "\(most) files", cause: "there are too many")
    }

    // Both sides are read at the same time.
    let partitions = partitionCount()
    let results = Mutex<[Int: Result<SideBox, any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: 2) { side in
      let result = Result { try read(files.both[side], partitions: partitions, into: tally) }
      results.withLock { $0[side] = result }
    }
    guard let old = try results.withLock({ try $0[0]?.get() }), let new = try results.withLock({ try $0[1]?.get() })
    else { preconditionFailure("both sides have been read") }

    var totals = Totals(tallies: Sides(old.tally, new.tally), counts: Sides(old.spill.count, new.spill.count))
    for partition in 0..<partitions {
      totals.same += try join(Sides(old.spill.records(partition), new.spill.records(partition)), body)
    }
    return totals
  }

  /// One side's hashes. Sendable without a lock: it is handed over once, from the thread that fills it.
  private final class SideBox: @unchecked Sendable {
    var spill: RecordSpill
    var tally: Tally

    init(_ spill: consuming RecordSpill, _ tally: Tally) {
      self.spill = spill
      self.tally = tally
    }

    /// - Parameter record: bytes of the file.
    @inline(__always)
    func add(_ record: UnsafeRawBufferPointer, key: (UInt64, UInt64), of file: MappedBytes, number: Int) throws {
      let offset = record.baseAddress.flatMap { record in file.bytes.baseAddress.map { record - $0 } } ?? 0
      let location = RecordLocation(file: number, offset: offset)
      try spill.append(RecordSummary(key: key, digest: KeyHash.hash(record), location: location.packed))
      try tally.add(record, file: number)
    }
  }

  /// A power of two, so that one partition of both sides with its table fits into the memory.
  private func partitionCount() -> Int {
    var records = 0
    for file in files.old + files.new {
      var reader = MappedLines(file)
      var lines = 0
      while lines < 200, reader.next() != nil { lines += 1 }
      records += file.bytes.count * max(1, lines) / max(1, reader.position)
    }
    var partitions = 1
    // 32 bytes a record, as many again while its buffer grows, and 8 for its slot in the table.
    while records / partitions * 72 > limits.memory, partitions < 256 { partitions *= 2 }
    return partitions
  }

  private func read(_ files: [MappedBytes], partitions: Int, into start: Tally) throws -> SideBox {
    let box = SideBox(try RecordSpill(partitions: partitions, scratch: limits.scratch), start)
    for (number, file) in files.enumerated() {
      switch format {
      case .jsonLines(let fields):
        var lines = MappedLines(file, releases: true)
        do {
          while let line = lines.nextRecord() {
            try box.add(line, key: KeyHash.key(of: line, fields: fields), of: file, number: number)
          }
        } catch let fault as JSONCursor.Fault {
          throw file.fault("read JSON Lines", at: "line \(lines.number)", cause: "\(fault)")
        }

      case .csv(let columns):
        var reader = CSVReader(file.bytes, subject: file.name)
        var released = 0
        // The header is not a record.
        _ = try reader.next()
        while let record = try reader.next() {
          try box.add(
            record.bytes, key: KeyHash.key(of: record.cells, columns: columns), of: file, number: number)
          if reader.position - released > 1 << 24 {
            file.giveBack(released..<reader.position)
            released = reader.position
          }
        }
      }
    }
    return box
  }

  /// - Returns: the number of records that are the same.
  private func join(_ records: Sides<[RecordSummary]>, _ body: (RecordChange) throws -> Void) throws -> Int {
    let before = records.old
    var table = KeyTable(before)
    var same = 0
    var added: [UInt64] = []
    var changed: [(old: UInt64, new: UInt64)] = []
    for record in records.new {
      guard let found = table.take(record.key, of: before) else {
        added.append(record.location)
        continue
      }
      if before[found].digest == record.digest {
        same += 1
      } else {
        changed.append((before[found].location, record.location))
      }
    }

    // In the order of the files, in which they are read fastest.
    let gone = table.left.map { before[$0].location }
    changed.sort { $0.new < $1.new }
    try visit(gone.sorted().map { Sides($0, nil) }, body)
    try visit(changed.map { Sides($0.old, $0.new) }, body)
    try visit(added.sorted().map { Sides(nil, $0) }, body)
    return same
  }

  private func visit(_ records: [Sides<UInt64?>], _ body: (RecordChange) throws -> Void) throws {
    for (number, pair) in records.enumerated() {
      // Records far from each other touch a page each, and the system maps its neighbours.
      if number % 1024 == 1023 {
        for file in files.old + files.new where file.bytes.count > 1 << 25 { file.giveBack(0..<file.bytes.count) }
      }

      let locations = pair.map { $0.map { RecordLocation(packed: $0) } }
      do {
        switch (locations.old, locations.new) {
        case (let old?, nil): try body(.gone(record(in: files.old, at: old), old))
        case (nil, let new?): try body(.added(record(in: files.new, at: new), new))
        case (let old?, let new?):
          try body(.changed(Sides(record(in: files.old, at: old), record(in: files.new, at: new)), new))
        case (nil, nil): break
        }
      } catch let fault as JSONCursor.Fault {
        guard let location = locations.new ?? locations.old else { throw fault }
        let file = (locations.new == nil ? files.old : files.new)[location.file]
        throw file.fault("read JSON Lines", at: "the record at byte \(location.offset)", cause: "\(fault)")
      }
    }
  }

  private func record(in files: [MappedBytes], at location: RecordLocation) throws -> UnsafeRawBufferPointer {
    let file = files[location.file]
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    switch format {
    case .jsonLines:
      var lines = MappedLines(file, in: location.offset..<file.bytes.count)
      return lines.next() ?? none
    case .csv:
      var reader = CSVReader(file.bytes, subject: file.name, from: location.offset)
      return try reader.next()?.bytes ?? none
    }
  }
}
