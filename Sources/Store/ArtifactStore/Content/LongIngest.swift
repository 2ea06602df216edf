internal import Core
internal import Dispatch

/// Takes a long file in: hashes it, splits it into chunks, and encodes the chunks that are new, several at a time.
///
/// While one block's chunks are encoded, the next block is read, hashed and split. Memory: three blocks.
final class LongIngest {
  /// The size of a block: 8 MiB.
  private static let blockLength = 8 << 20
  /// The greatest number of chunks of a block.
  private static let chunkLimit = blockLength / Chunking.minimum + 1
  /// The greatest size of the entries of all chunks of a block, even if each is as short as a chunk may be: zlib adds
  /// at most a 2048th, and headers 128 bytes a chunk.
  private static let outputLength = blockLength + blockLength / 2048 + chunkLimit * 128

  /// A stretch of the file, split into chunks; what is left over begins the next block.
  private struct Block {
    var buffer: UnsafeMutableRawBufferPointer
    var chunks: [Range<Int>] = []
    /// The bytes of the buffer that are the file's.
    var used = 0
    var isLast = false
  }

  /// A chunk's name, and the length of its entry; 0 when it is in the store already.
  private struct Encoded {
    var id: ObjectID
    var length: Int
  }

  private let read: (UnsafeMutableRawBufferPointer) throws(StoreError) -> Int
  private let isKnown: (ObjectID) -> Bool
  private var hash = DigestBuilder()
  private(set) var byteCount: Int64 = 0
  /// Names of the chunks in their order.
  private(set) var chunks: [ObjectID] = []

  /// - Parameters:
  ///   - read: fills a buffer with the file's next bytes and returns their number; fewer than fit mean the file's end.
  ///   - isKnown: true for an object that the store has; called from several threads.
  init(
    read: @escaping (UnsafeMutableRawBufferPointer) throws(StoreError) -> Int, isKnown: @escaping (ObjectID) -> Bool
  ) {
    self.read = read
    self.isKnown = isKnown
  }

  /// SHA-256 of all bytes read.
  var digest: Digest { hash.digest }

  /// Reads everything.
  /// - Parameter append: takes the entry of a chunk that was not known.
  func run(append: (ObjectID, UnsafeRawBufferPointer) throws(StoreError) -> Void) throws(StoreError) {
    let buffers = (0..<2).map { _ in
      UnsafeMutableRawBufferPointer.allocate(byteCount: Self.blockLength, alignment: 4096)
    }
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.outputLength, alignment: 4096)
    let encoded = UnsafeMutableBufferPointer<Encoded?>.allocate(capacity: Self.chunkLimit)
    encoded.initialize(repeating: nil)
    defer {
      for buffer in buffers { buffer.deallocate() }
      output.deallocate()
      encoded.deallocate()
    }

    var block = try fill(buffers[0], after: nil)
    var turn = 1
    while !block.chunks.isEmpty {
      let round = Round(ingest: self, present: block, next: buffers[turn], output: output, encoded: encoded)
      DispatchQueue.concurrentPerform(iterations: block.chunks.count + 1) { round.perform($0) }

      // In the file's order, though they were encoded in any.
      for (position, offset) in round.offsets.enumerated() {
        guard let chunk = encoded[position] else { continue }
        chunks.append(chunk.id)
        if chunk.length > 0 {
          try append(chunk.id, UnsafeRawBufferPointer(rebasing: output[offset..<offset + chunk.length]))
        }
      }
      block = try round.result.get()
      turn = 1 - turn
    }
  }

  /// The work on one block that is done at the same time: reading the next one, and encoding each chunk.
  ///
  /// No lock: every call of ``perform(_:)`` has a position of its own and writes only what belongs to it, and nothing
  /// is read before all calls are done.
  private final class Round: @unchecked Sendable {
    private let ingest: LongIngest
    private let present: Block
    private let next: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer
    private let encoded: UnsafeMutableBufferPointer<Encoded?>
    /// The position in the output at which each chunk's entry begins.
    let offsets: [Int]
    /// The next block; one without chunks after the last.
    private(set) var result: Result<Block, StoreError>

    init(
      ingest: LongIngest, present: Block, next: UnsafeMutableRawBufferPointer, output: UnsafeMutableRawBufferPointer,
      encoded: UnsafeMutableBufferPointer<Encoded?>
    ) {
      self.ingest = ingest
      self.present = present
      self.next = next
      self.output = output
      self.encoded = encoded
      var offsets: [Int] = []
      var offset = 0
      for chunk in present.chunks {
        offsets.append(offset)
        offset += PackEntry.bound(chunk.count)
      }
      self.offsets = offsets
      result = .success(Block(buffer: next, isLast: true))
    }

    /// - Parameter position: 0 for reading, others for the chunk before it.
    func perform(_ position: Int) {
      guard position > 0 else {
        if !present.isLast { result = Result { () throws(StoreError) in try ingest.fill(next, after: present) } }
        return
      }
      let bytes = UnsafeRawBufferPointer(rebasing: present.buffer[present.chunks[position - 1]])
      let id = ObjectID(.blob, bytes)
      let target = UnsafeMutableRawBufferPointer(rebasing: output[offsets[position - 1]...])
      let length = ingest.isKnown(id) ? 0 : PackEntry.encode(.blob, bytes, into: target)
      encoded[position - 1] = Encoded(id: id, length: length)
    }
  }

  /// Reads, hashes and splits the next block.
  private func fill(_ buffer: UnsafeMutableRawBufferPointer, after previous: Block?) throws(StoreError) -> Block {
    var block = Block(buffer: buffer)
    var filled = 0
    if let previous {
      let rest = previous.buffer[(previous.chunks.last?.upperBound ?? 0)..<previous.used]
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest))
      filled = rest.count
    }

    let count = try read(UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
    hash.update(UnsafeRawBufferPointer(rebasing: buffer[filled..<filled + count]))
    byteCount += Int64(count)
    block.used = filled + count
    block.isLast = block.used < buffer.count

    // A chunk near the end of a block could be longer with the bytes of the next one.
    var start = 0
    while start < block.used, block.isLast || block.used - start >= Chunking.maximum {
      let length = Chunking.firstLength(UnsafeRawBufferPointer(rebasing: buffer[start..<block.used]))
      block.chunks.append(start..<start + length)
      start += length
    }
    return block
  }
}
