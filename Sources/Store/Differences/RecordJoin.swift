internal import Core
internal import Dispatch
internal import FileFormats
internal import Synchronization

/// Something that is counted over all records of one side while they are read.
protocol RecordTally: Sendable {
  mutating func add(_ record: UnsafeRawBufferPointer, file: Int) throws
}

/// Counts the records of each file.
struct FileTally: RecordTally {
  private(set) var counts: [Int]

  init(files: Int) { counts = Array(repeating: 0, count: files) }

  mutating func add(_ record: UnsafeRawBufferPointer, file: Int) { counts[file] += 1 }
}

/// Where a record lies.
struct Place: Comparable, Hashable {
  var file: Int
  var offset: Int

  init(_ packed: UInt64) {
    file = Int(packed >> 48)
    offset = Int(packed & (1 << 48 - 1))
  }

  static func < (a: Place, b: Place) -> Bool { (a.file, a.offset) < (b.file, b.offset) }
}

/// A record that is not in both sides as it is.
enum RecordChange {
  case gone(UnsafeRawBufferPointer, Place)
  case added(UnsafeRawBufferPointer, Place)
  /// The same key with other bytes; the place is that of the new record.
  case changed(UnsafeRawBufferPointer, UnsafeRawBufferPointer, Place)
}

/// Joins two sets of records by their keys, in bounded memory: hashes of keys and records go into as many partitions as memory asks for, and
/// one partition is joined after the other.
///
/// A key that comes several times in a side is joined in the order of its records.
struct RecordJoin<Tally: RecordTally> {
  let old: [MappedFile]
  let new: [MappedFile]
  let format: RecordFormat
  let limits: DifferenceLimits

  /// What was counted.
  struct Totals {
    var old: Tally
    var new: Tally
    var oldCount = 0
    var newCount = 0
    /// Records that both have with the same bytes.
    var same = 0
  }

  /// - Parameters:
  ///   - tally: what each side begins with.
  ///   - body: called with every change: partition by partition, in each those that are gone, then those that changed, then the new ones,
  ///     each in the order of the files.
  /// - Throws: ``OperationError`` with the line that is no record.
  func run(_ tally: Tally, _ body: (RecordChange) throws -> Void) throws -> Totals {
    guard max(old.count, new.count) < 1 << 16 else {
      throw OperationError(
        operation: "compare", subject: "\(max(old.count, new.count)) files", cause: "there are too many")
    }
    let partitions = partitionCount()
    let sides = Mutex<[Int: Result<SideBox, any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: 2) { side in
      let result = Result { try read(side == 0 ? old : new, partitions, tally) }
      sides.withLock { $0[side] = result }
    }
    guard let first = try sides.withLock({ try $0[0]?.get() }), let second = try sides.withLock({ try $0[1]?.get() })
    else {
      preconditionFailure("both sides have been read")
    }
    var totals = Totals(old: first.tally, new: second.tally, oldCount: first.spill.count, newCount: second.spill.count)
    for partition in 0..<partitions {
      totals.same += try join(first.spill.records(partition), second.spill.records(partition), body)
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
  }

  /// A power of two, so that one partition of both sides with its table fits into the memory.
  private func partitionCount() -> Int {
    var records = 0
    for files in [old, new] {
      for file in files {
        var reader = LineReader(file)
        var lines = 0
        while lines < 200, reader.next() != nil { lines += 1 }
        records += file.bytes.count * max(1, lines) / max(1, reader.position)
      }
    }
    var partitions = 1
    // 32 bytes a record, as much again while its buffer grows, and 8 for its slot in the table.
    while records / partitions * 72 > limits.memory, partitions < 256 { partitions *= 2 }
    return partitions
  }

  private func read(_ files: [MappedFile], _ partitions: Int, _ start: Tally) throws -> SideBox {
    let box = SideBox(try RecordSpill(partitions: partitions, scratch: limits.scratch), start)
    for (number, file) in files.enumerated() {
      var reader = LineReader(file)
      var isHeader = if case .csv = format { true } else { false }
      while let record = try isCSV ? reader.nextCSVRecord() : reader.nextRecord() {
        if isHeader {
          isHeader = false
          continue
        }
        do {
          let offset = record.baseAddress.flatMap { record in file.bytes.baseAddress.map { record - $0 } } ?? 0
          try box.spill.append(
            RecordPlace(
              key: format.key(of: record), digest: KeyHash.hash(record), place: UInt64(number) << 48 | UInt64(offset)))
          try box.tally.add(record, file: number)
        } catch let fault as JSONLexer.Fault {
          throw file.fault("read JSON Lines", at: "line \(reader.number)", "\(fault)")
        }
      }
    }
    return box
  }

  private var isCSV: Bool { if case .csv = format { true } else { false } }

  /// - Returns: how many records are the same.
  private func join(
    _ before: [RecordPlace], _ after: [RecordPlace], _ body: (RecordChange) throws -> Void
  ) throws -> Int {
    var table = KeyTable(before)
    var same = 0
    var added: [UInt64] = []
    var changed: [(old: UInt64, new: UInt64)] = []
    for record in after {
      if let found = table.take(record.key, before) {
        if before[found].digest == record.digest {
          same += 1
        } else {
          changed.append((before[found].place, record.place))
        }
      } else {
        added.append(record.place)
      }
    }
    let gone = table.left.map { before[$0].place }
    try visit(gone.sorted().map { (old: $0, new: nil) }, body)
    changed.sort { $0.new < $1.new }
    try visit(changed.map { (old: $0.old, new: $0.new) }, body)
    try visit(added.sorted().map { (old: nil, new: $0) }, body)
    return same
  }

  private func visit(_ places: [(old: UInt64?, new: UInt64?)], _ body: (RecordChange) throws -> Void) throws {
    for (number, pair) in places.enumerated() {
      // Records far from each other touch a page each, and the system maps its neighbours.
      if number % 1024 == 1023 {
        for file in old + new where file.bytes.count > 1 << 25 { file.giveBack(0..<file.bytes.count) }
      }
      let before = pair.old.map { Place($0) }
      let after = pair.new.map { Place($0) }
      do {
        switch (before, after) {
        case (let before?, nil): try body(.gone(record(old, before), before))
        case (nil, let after?): try body(.added(record(new, after), after))
        case (let before?, let after?): try body(.changed(record(old, before), record(new, after), after))
        case (nil, nil): break
        }
      } catch let fault as JSONLexer.Fault {
        let (file, place) = after.map { (new[$0.file], $0) } ?? before.map { (old[$0.file], $0) } ?? (old[0], Place(0))
        throw file.fault("read JSON Lines", at: "the record at byte \(place.offset)", "\(fault)")
      }
    }
  }

  private func record(_ files: [MappedFile], _ place: Place) throws -> UnsafeRawBufferPointer {
    let file = files[place.file]
    var reader = LineReader(file, range: place.offset..<file.bytes.count)
    return try (isCSV ? reader.nextCSVRecord() : reader.next()) ?? UnsafeRawBufferPointer(start: nil, count: 0)
  }
}
