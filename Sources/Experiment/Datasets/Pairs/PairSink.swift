internal import ArtifactTypes
internal import Core
internal import Imaging

/// Takes the pairs of one input file: writes them, remembers their ids, and counts the records that cannot be used.
final class PairSink {
  /// The number of pairs that were written, duplicates included.
  var count: Int { writer.count }
  private(set) var faults = FaultCounts(examples: 5)
  private let name: String
  private let file: Int
  private let writer: PairsWriter
  private let ids: PairIDs
  private let progress: ReadingProgress

  /// - Parameters:
  ///   - name: the input file's name in messages.
  ///   - file: its number.
  init(name: String, file: Int, writer: PairsWriter, ids: PairIDs, progress: ReadingProgress) {
    self.name = name
    self.file = file
    self.writer = writer
    self.ids = ids
    self.progress = progress
  }

  /// Adds a pair.
  /// - Parameter number: the record's number in its file, counted from 1: its line where it is one.
  func add(_ pair: Pair, number: Int) throws {
    try ids.add(pair.id, PairIDs.Place(file: file, index: writer.count, number: number))
    try writer.write(pair)
  }

  /// Adds the outcome of reading a record.
  func add(_ outcome: PairRecord.Outcome, number: Int) throws {
    switch outcome {
    case .pair(let pair, let emptyTexts):
      if emptyTexts > 0 { addFault("records have empty texts, which were left out", number: number) }
      try add(pair, number: number)
    case .fault(let kind, let reason, _): addFault(kind, number: number, reason)
    }
  }

  /// Counts a record that cannot be used.
  /// - Parameters:
  ///   - kind: the words after a number of such records.
  ///   - number: the record's number in its file, counted from 1.
  ///   - reason: more about this one.
  func addFault(_ kind: String, number: Int, _ reason: String = "") {
    faults.add(kind, "\(name):\(number)\(reason.isEmpty ? "" : " (\(reason))")")
  }

  /// Reports the progress of reading, and ends it when the run is cancelled. To be called now and then.
  /// - Parameter position: how many bytes of the input file are used.
  func report(position: Int64) throws {
    try Task.checkCancellation()
    progress.set(position, of: file)
  }

  /// Ends the shard.
  func finishShard() throws -> ContentFile { try writer.finishShard() }
}
