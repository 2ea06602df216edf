internal import Synchronization

/// A thread's memory, used for one text after the other: the sum so far, and the sums of words seen lately.
///
/// Most words of a text are frequent ones, of which the n-grams need not be added up again.
///
/// Sendable without a lock: only one thread at a time has it, see ``FastTextScratchPool``.
final class FastTextScratch: @unchecked Sendable {
  /// A word that was seen lately.
  private struct Entry {
    var hash: UInt32 = 0
    var rows: Int32 = 0
    /// The number of the word's bytes; 0 for an empty entry.
    var length: UInt8 = 0
    var kind: UInt8 = 0
  }

  /// Longer words are rare: they are added up each time.
  private static let longestWord = 32

  /// The sum of the rows of a text, padded to the next 16 elements.
  let sum: UnsafeMutablePointer<SIMD16<Float>>
  /// The number of rows that were added.
  private(set) var count = 0
  /// The hashes of the words of a text, when sequences of words have rows.
  var hashes: [UInt32] = []
  /// The rows of one word.
  var rows: [Int32] = []
  /// The bytes of one word in `<` and `>`.
  var bracketed: [UInt8] = []
  private let blocks: Int
  private let capacity: Int
  private let part: UnsafeMutablePointer<SIMD16<Float>>
  private let entries: UnsafeMutablePointer<Entry>
  private let words: UnsafeMutableRawPointer
  private let sums: UnsafeMutablePointer<SIMD16<Float>>

  /// - Parameter blocks: the number of 16-element blocks of a row, rounded up.
  init(blocks: Int) {
    self.blocks = blocks
    capacity = blocks <= 4 ? 16_384 / blocks.nextPowerOfTwo : 1024
    sum = .allocate(capacity: blocks)
    part = .allocate(capacity: blocks)
    entries = .allocate(capacity: capacity)
    entries.initialize(repeating: Entry(), count: capacity)
    words = .allocate(byteCount: capacity * Self.longestWord, alignment: 16)
    sums = .allocate(capacity: capacity * blocks)
    sum.initialize(repeating: .zero, count: blocks)
    part.initialize(repeating: .zero, count: blocks)
    sums.initialize(repeating: .zero, count: capacity * blocks)
  }

  deinit {
    sum.deallocate()
    part.deallocate()
    entries.deallocate()
    words.deallocate()
    sums.deallocate()
  }

  /// Begins a text.
  func begin() {
    for block in 0..<blocks { sum[block] = .zero }
    count = 0
    hashes.removeAll(keepingCapacity: true)
  }

  /// Adds a word that was seen lately.
  /// - Returns: true for the word that ends a line; `nil` for a word that was not seen lately and is not added.
  @inline(__always)
  func addKnown(_ word: UnsafeBufferPointer<UInt8>, _ hash: UInt32, keepsHash: Bool) -> Bool? {
    let slot = Int(hash ^ hash >> 16) & (capacity - 1)
    let entry = entries[slot]
    guard entry.hash == hash, Int(entry.length) == word.count, isEqual(word, slot) else { return nil }
    for block in 0..<blocks { sum[block] += sums[slot * blocks + block] }
    count += Int(entry.rows)
    if keepsHash, entry.kind != FastTextDictionary.Kind.label.rawValue { hashes.append(hash) }
    return entry.kind == FastTextDictionary.Kind.endOfLine.rawValue
  }

  @inline(__always)
  private func isEqual(_ word: UnsafeBufferPointer<UInt8>, _ slot: Int) -> Bool {
    let own = words + slot * Self.longestWord
    var position = 0
    let bytes = UnsafeRawBufferPointer(word)
    while position + 8 <= bytes.count {
      guard
        bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
          == own.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      else { return false }
      position += 8
    }
    while position < bytes.count {
      guard bytes[position] == own.load(fromByteOffset: position, as: UInt8.self) else { return false }
      position += 1
    }
    return true
  }

  /// Adds ``rows``, and remembers their sum for the word.
  func add(
    _ input: FastTextMatrix, remembering word: UnsafeBufferPointer<UInt8>, hash: UInt32,
    kind: FastTextDictionary.Kind
  ) {
    add(input)
    guard word.count <= Self.longestWord else { return }
    let slot = Int(hash ^ hash >> 16) & (capacity - 1)
    entries[slot] = Entry(hash: hash, rows: Int32(rows.count), length: UInt8(word.count), kind: kind.rawValue)
    UnsafeMutableRawBufferPointer(start: words + slot * Self.longestWord, count: word.count).copyBytes(from: word)
    for block in 0..<blocks { sums[slot * blocks + block] = part[block] }
  }

  /// Adds ``rows``.
  func add(_ input: FastTextMatrix) {
    rows.withUnsafeBufferPointer { input.add($0, into: part) }
    for block in 0..<blocks { sum[block] += part[block] }
    count += rows.count
  }

  /// Divides the sum by the number of rows.
  func average() {
    let factor = Float(1 / Double(count))
    for block in 0..<blocks { sum[block] *= factor }
  }
}

extension Int {
  fileprivate var nextPowerOfTwo: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}

/// The scratch memories that no thread is using.
final class FastTextScratchPool: Sendable {
  private let free = Mutex<[FastTextScratch]>([])

  /// Takes one out for the caller; `nil` when all are in use.
  func take() -> FastTextScratch? { free.withLock { $0.popLast() } }

  /// Puts one back.
  func give(_ scratch: FastTextScratch) { free.withLock { $0.append(scratch) } }
}
