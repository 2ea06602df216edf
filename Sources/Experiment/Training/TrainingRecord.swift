internal import Core
internal import Tensor

/// How far a training has come: with the model and the optimiser's moments, all that its later steps depend on.
///
/// Everything random is drawn by step and place, so that no generator's state is among it.
struct TrainingRecord: Artifact {
  /// Of the stage's properties and code: a training goes on from its own record alone.
  let fingerprint: Digest
  /// How many steps are done.
  var steps = 0
  /// How many pictures were given out.
  var pictures = 0
  /// The pictures that could not be decoded, by their positions in their folder.
  var broken: Set<Int> = []
  /// The first of them, each with the reason.
  var brokenExamples: [String] = []
  /// How many pairs were seen.
  var pairs = 0
  /// Sums since the last row of the log.
  var loss = 0.0
  var gradientNorm = 0.0
  var summed = 0
  var log = Table(columns: [
    .init("step"), .init("pairs"), .init("loss", style: .decimals(3)), .init("learning rate", style: .decimals(6)),
    .init("logit scale", style: .decimals(1)), .init("gradient norm", style: .decimals(3)),
  ])

  init(fingerprint: Digest) { self.fingerprint = fingerprint }

  /// Counts a step that was made.
  mutating func add(loss: Double, gradientNorm: Double, pairs: Int) {
    steps += 1
    self.pairs += pairs
    self.loss += loss
    self.gradientNorm += gradientNorm
    summed += 1
  }

  /// Counts pictures that could not be decoded; each counts once.
  mutating func add(broken found: [Int: String], ids: [String]) {
    for (position, cause) in found.sorted(by: { $0.key < $1.key }) where broken.insert(position).inserted {
      if brokenExamples.count < 5 { brokenExamples.append("\(ids[position]) (\(cause))") }
    }
  }

  /// Adds a row: means of loss and gradient norm over the steps since the last row, the others as they are now.
  mutating func closeRow(learningRate: Double, logitScale: Double) {
    let count = Double(summed)
    log.append([
      .integer(steps), .integer(pairs), .number(loss / count), .number(learningRate), .number(logitScale),
      .number(gradientNorm / count),
    ])
    (loss, gradientNorm, summed) = (0, 0, 0)
  }
}

/// What is saved of a training: its record, every parameter and both of the optimiser's moments.
struct SavedTraining {
  static let name = "training"

  let record: TrainingRecord
  private let tensors: [String: Safetensors.Entry]

  private static let kinds = ["parameter", "first moment", "second moment"]

  private static func key(_ kind: Int, _ name: String) -> String { "\(kinds[kind]) \(name)" }

  /// Brings the present state out of libtorch.
  init(_ record: TrainingRecord, _ parameters: Parameters, _ optimizer: AdamW) throws {
    self.record = record
    let (first, second) = optimizer.moments
    var tensors: [String: Safetensors.Entry] = [:]
    for (index, parameter) in parameters.all.enumerated() {
      for (kind, tensor) in [parameter.tensor, first[index], second[index]].enumerated() {
        tensors[Self.key(kind, parameter.name)] = .init(shape: tensor.shape, elements: try tensor.elements())
      }
    }
    self.tensors = tensors
  }

  /// The length of the record (8 bytes, little endian), the record in JSON, the tensors as safetensors.
  func bytes() throws -> [UInt8] {
    let record = try record.makeContent().files[0].bytes()
    var bytes = withUnsafeBytes(of: UInt64(record.count).littleEndian) { Array($0) }
    bytes += record
    bytes += try Safetensors.encode(tensors)
    return bytes
  }

  /// - Throws: when the bytes are no saved training.
  init(bytes: [UInt8]) throws {
    let fault = OperationError(
      operation: "go on with a training", subject: "\(bytes.count) bytes", cause: "the record is cut off")
    guard bytes.count >= 8 else { throw fault }
    let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(bytes.count - 8) else { throw fault }
    let start = 8 + Int(length)
    record = try TrainingRecord(content: ArtifactContent(bytes: Array(bytes[8..<start]), name: "value.json"))
    tensors = try Safetensors.decode(Array(bytes[start...]), subject: Self.name)
  }

  /// The parameters under the names and shapes of `initial`, and an optimiser of them with the saved moments.
  /// - Throws: ``OperationError`` when a tensor is missing or has another shape.
  func restored(_ initial: Parameters, _ settings: AdamW.Settings) throws -> (Parameters, AdamW) {
    var parameters = Parameters()
    var moments: [[Tensor]] = [[], []]
    for (name, tensor) in initial.all {
      for kind in Self.kinds.indices {
        let key = Self.key(kind, name)
        guard let entry = tensors[key], entry.shape == tensor.shape else {
          throw OperationError(
            operation: "go on with a training", subject: key, cause: "the tensor is missing or misshaped")
        }
        let restored = try Tensor.from(entry.elements, shape: entry.shape)
        if kind == 0 { try parameters.add(name, restored) } else { moments[kind - 1].append(restored) }
      }
    }
    var optimizer = try AdamW(parameters, settings)
    try optimizer.restore(first: moments[0], second: moments[1], steps: record.steps)
    return (parameters, optimizer)
  }
}
