internal import ArtifactTypes
internal import Core
internal import FileFormats

/// The contents of a fastText model file, of versions 11 and 12 of its format, full (`.bin`) or quantised (`.ftz`).
///
/// Source: the format that fastText 0.9.2 writes: settings, the dictionary, the input rows of words and n-grams, the
/// output rows.
struct FastTextFile {
  /// The function by which the output rows become probabilities.
  enum Loss: Int32 {
    case hierarchicalSoftmax = 1
    case negativeSampling, softmax, oneVersusAll
  }

  /// The number of elements of a row.
  let dimension: Int
  /// The loss function of the training.
  let loss: Loss
  /// The most words in a row that have rows of their own, hashed; 1 for none.
  let wordNgrams: Int
  /// The shortest and the longest character n-grams, in code points; none when the longest is 0.
  let shortestNgram, longestNgram: Int
  /// The number of buckets to which n-grams are hashed.
  let buckets: Int
  /// The UTF-8 bytes of the words, in the order of their rows.
  let words: [[UInt8]]
  /// The UTF-8 bytes of the labels, `__label__` included, in the order of their output rows.
  let labels: [[UInt8]]
  /// The number of occurrences of each label in training.
  let labelCounts: [Int64]
  /// The bucket of each n-gram that was kept, and its row, counted after the words' rows; `nil` when each bucket has
  /// its row.
  let keptNgrams: [(bucket: Int32, row: Int32)]?
  /// A row for each word and then for each n-gram.
  let input: FastTextMatrix
  /// A row for each label, or for each inner node of the tree of labels.
  let output: FastTextMatrix

  /// Reads a file, and checks that no row or n-gram leads out of it.
  /// - Throws: ``OperationError`` for a file that is no classifier of fastText.
  init(_ file: MappedBytes, name: String) throws {
    var reader = FastTextReader(file, name: name)
    guard try reader.integer(Int32.self) == 793_712_314 else {
      throw reader.fault("it does not begin as a fastText model does")
    }
    let version = try reader.integer(Int32.self)
    guard 11...12 ~= version else { throw reader.fault("its format is version \(version), 11 and 12 are known") }

    let settings = try (0..<12).map { _ in Int(try reader.integer(Int32.self)) }
    _ = try reader.bytes(8)
    guard settings[7] == 3 else { throw reader.fault("it has vectors of words, it is no classifier") }
    guard let loss = Loss(rawValue: Int32(truncatingIfNeeded: settings[6])) else {
      throw reader.fault("its loss function \(settings[6]) is not known")
    }

    dimension = settings[0]
    self.loss = loss
    wordNgrams = settings[5]
    buckets = settings[8]
    shortestNgram = settings[9]
    longestNgram = version == 11 ? 0 : settings[10]
    guard dimension > 0, buckets >= 0, buckets > 0 || (longestNgram <= 0 && wordNgrams <= 1) else {
      throw reader.fault("its settings contradict each other")
    }

    let entryCount = Int(try reader.integer(Int32.self))
    let wordCount = Int(try reader.integer(Int32.self))
    let labelCount = Int(try reader.integer(Int32.self))
    _ = try reader.integer(Int64.self)
    let keptCount = Int(try reader.integer(Int64.self))
    guard wordCount >= 0, labelCount > 0, entryCount == wordCount + labelCount else {
      throw reader.fault("its dictionary has \(entryCount) entries, \(wordCount) words and \(labelCount) labels")
    }

    var words: [[UInt8]] = []
    var labels: [[UInt8]] = []
    var labelCounts: [Int64] = []
    for number in 0..<entryCount {
      let text = try reader.text()
      let count = try reader.integer(Int64.self)
      let isLabel = try reader.integer(Int8.self) != 0
      guard isLabel == (number >= wordCount) else { throw reader.fault("its dictionary is out of order") }
      if isLabel {
        guard 0..<1_000_000_000_000_000 ~= count else { throw reader.fault("it counts a label \(count) times") }
        labels.append(text)
        labelCounts.append(count)
      } else {
        words.append(text)
      }
    }
    (self.words, self.labels, self.labelCounts) = (words, labels, labelCounts)

    var kept: [(bucket: Int32, row: Int32)] = []
    if keptCount > 0 {
      for _ in 0..<keptCount { kept.append((try reader.integer(Int32.self), try reader.integer(Int32.self))) }
    }
    keptNgrams = keptCount >= 0 ? kept : nil

    let isQuantised = try reader.integer(UInt8.self) != 0
    guard isQuantised || keptCount < 0 else {
      throw reader.fault("its n-grams were pruned but its rows are not quantised")
    }
    input = try FastTextMatrix(&reader, isQuantised: isQuantised)
    let isOutputQuantised = try reader.integer(UInt8.self) != 0
    output = try FastTextMatrix(&reader, isQuantised: isQuantised && isOutputQuantised)
    guard input.columns == dimension, output.columns == dimension, output.rows == labelCount else {
      throw reader.fault("its rows are not as long or as many as its settings say")
    }
    guard input.rows >= wordCount + (keptNgrams == nil ? buckets : 0),
      kept.allSatisfy({ $0.row >= 0 && wordCount + Int($0.row) < input.rows })
    else { throw reader.fault("n-grams name rows that do not exist") }
  }
}

/// Reads a model file from its start.
struct FastTextReader {
  /// The file, which rows that are used in place keep in memory.
  let file: MappedBytes
  private let name: String
  private var position = 0

  init(_ file: MappedBytes, name: String) {
    self.file = file
    self.name = name
  }

  func fault(_ cause: String) -> OperationError {
    OperationError(operation: "open the language model", subject: name, cause: cause)
  }

  /// The next bytes, which are valid as long as ``file``.
  mutating func bytes(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count >= 0, count <= file.bytes.count - position else { throw fault("the file ends too early") }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: file.bytes[position..<position + count])
  }

  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) throws -> Value {
    Value(littleEndian: try bytes(MemoryLayout<Value>.size).loadUnaligned(as: Value.self))
  }

  mutating func floats(_ count: Int) throws -> [Float] {
    let (size, overflow) = count.multipliedReportingOverflow(by: 4)
    let found = try bytes(overflow ? -1 : size)
    return (0..<count).map { found.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
  }

  /// The bytes before the next 0, which is passed.
  mutating func text() throws -> [UInt8] {
    guard let end = file.bytes[position...].firstIndex(of: 0) else { throw fault("the file ends within a word") }
    defer { position = end + 1 }
    return Array(file.bytes[position..<end])
  }
}
