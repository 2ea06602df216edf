internal import ArtifactTypes
internal import Core
internal import Counting
internal import FileFormats
internal import Glibc
internal import Imaging

/// Makes ``Pairs`` from input files that are read at the same time: a shard for each file, in the files' order.
///
/// The result does not depend on the number of threads. Memory does not grow with the number of pairs.
struct PairShards: Sendable {
  /// An input file.
  struct Input: Sendable {
    /// The file's name in messages.
    let name: String
    let path: String
  }

  let inputs: [Input]
  /// The operation of an error: `read pairs`.
  let operation: String
  /// The subject of an error.
  let subject: String
  /// True to note a file that ends early; otherwise it is an error.
  let allowsEarlyEnd: Bool
  /// About how many bytes of memory the search for equal ids uses.
  var memoryLimit = 256 << 20

  private struct Shard: Sendable {
    let file: ContentFile
    var count: Int
    let faults: FaultCounts
    /// The sentence about a file that ends early.
    let earlyEnd: String?
  }

  /// Reads all inputs.
  /// - Parameter read: reads one input into a sink. Throws ``OperationError``; pairs that were added before an early
  ///   end stay.
  /// - Throws: ``OperationError`` when nothing can be used or a file ends early; the errors of `read`.
  func collect(
    _ context: StageContext, _ read: @escaping @Sendable (Input, PairSink) throws -> Void
  ) async throws -> Pairs {
    let pool = PairIDsPool(folder: context.scratch, memoryLimit: max(1 << 20, memoryLimit / max(1, context.threads)))
    let progress = ReadingProgress(context, byteCounts: try inputs.map { try InputDescriptor(path: $0.path).byteCount })
    var shards = try await concurrentMap(count: inputs.count, threads: context.threads) { index in
      let writer = try PairsWriter(path: context.file("read-\(index)"), name: "read-\(index)")
      let input = inputs[index]
      return try pool.withIDs { ids in
        let sink = PairSink(name: input.name, file: index, writer: writer, ids: ids, progress: progress)
        var earlyEnd: String?
        do {
          try read(input, sink)
        } catch let error as OperationError where error.endsEarly && allowsEarlyEnd {
          earlyEnd = "\(input.name) \(error.cause); \(sink.count) pairs were read before"
        }
        return Shard(file: try sink.finishShard(), count: sink.count, faults: sink.faults, earlyEnd: earlyEnd)
      }
    }

    // In the order of the files, whichever was read first.
    var faults = FaultCounts(examples: 5)
    for shard in shards {
      faults.merge(shard.faults)
      if let earlyEnd = shard.earlyEnd { context.note(earlyEnd) }
    }
    try await dropDuplicates(of: pool.takeAll(), from: &shards, faults: &faults, context)
    try faults.check(kept: shards.reduce(0) { $0 + $1.count }, operation: operation, subject: subject)
    faults.note(in: context)
    return Self.pairs(shards.filter { $0.count > 0 }.map(\.file))
  }

  /// Shards under the names they have in ``Pairs``.
  private static func pairs(_ files: [ContentFile]) -> Pairs {
    Pairs(
      shards: files.enumerated().map { number, file in
        ContentFile(
          name: files.count == 1 ? "pairs.jsonl" : Pairs.shardName(number), digest: file.digest,
          byteCount: file.byteCount, location: file.location)
      })
  }

  /// Writes the shards again in which a pair has the id of one before it, without such pairs.
  private func dropDuplicates(
    of ids: [PairIDs], from shards: inout [Shard], faults: inout FaultCounts, _ context: StageContext
  ) async throws {
    // The positions of the duplicates, eight bytes each, are in a file: there may be as many as pairs. Those of a shard
    // follow each other.
    let list = try ArtifactFileWriter(path: context.file("duplicates"), name: "duplicates")
    var ranges: [Int: Range<Int>] = [:]
    var count = 0
    try PairIDs.forEachDuplicate(in: ids, folder: context.scratch, memoryLimit: memoryLimit) { place in
      try withUnsafeBytes(of: UInt64(place.index)) { try list.write($0) }
      ranges[place.file] = (ranges[place.file]?.lowerBound ?? count)..<(count + 1)
      count += 1
      faults.add("pairs have an id that was there before", "\(inputs[place.file].name):\(place.number)")
    }
    let positions = try MappedBytes(list.finish())

    let changed = ranges.sorted { $0.key < $1.key }
    let before = shards
    let after = try await concurrentMap(count: changed.count, threads: context.threads) { index in
      let (shard, range) = changed[index]
      return try Self.rewrite(
        before[shard].file, without: positions, in: range, path: context.file("unique-\(shard)"))
    }
    for ((shard, range), file) in zip(changed, after) {
      shards[shard] = Shard(
        file: file, count: shards[shard].count - range.count, faults: shards[shard].faults,
        earlyEnd: shards[shard].earlyEnd)
    }
  }

  /// Copies a shard's lines, but for those at some positions.
  /// - Parameter range: the part of the positions that is the shard's.
  private static func rewrite(
    _ file: ContentFile, without positions: MappedBytes, in range: Range<Int>, path: String
  ) throws -> ContentFile {
    let writer = try ArtifactFileWriter(path: path, name: file.name)
    let lines = try MappedBytes(file)

    var next = range.lowerBound
    var index = 0
    try lines.forEachLine { line in
      defer { index += 1 }
      if next < range.upperBound,
        positions.bytes.loadUnaligned(fromByteOffset: next * 8, as: UInt64.self) == UInt64(index)
      {
        next += 1
        return
      }
      // The line feed is copied with the line.
      try writer.write(UnsafeRawBufferPointer(start: line.baseAddress, count: line.count + 1))
    }
    unlink(try file.path())
    return try writer.finish()
  }
}
