internal import Core
internal import Tensor

/// The progress of a training: with the model and the optimiser's moments, all that its later steps depend on.
///
/// Everything random is drawn by step and place in the batch, so that it contains no generator's state.
struct TrainingRecord: Artifact {
  /// The digest of the stage's properties and code: a training continues only from its own record.
  let fingerprint: Digest
  /// The number of steps that were made.
  var steps = 0
  /// The number of pictures that were taken from the order.
  var pictures = 0
  /// The positions in their folder of the pictures that could not be decoded.
  var broken: Set<Int> = []
  /// The first of them, each with the reason.
  var brokenExamples: [String] = []
  /// The number of pairs that were seen.
  var pairs = 0
  /// The sum of the losses since the last row of the log.
  var loss = 0.0
  /// The sum of the gradients' norms since the last row of the log.
  var gradientNorm = 0.0
  /// The number of steps since the last row of the log.
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

  /// Adds a row: the means of loss and gradient norm over the steps since the last row, and the present numbers.
  mutating func closeRow(learningRate: Double, logitScale: Double) {
    let count = Double(summed)
    log.append([
      .integer(steps), .integer(pairs), .number(loss / count), .number(learningRate), .number(logitScale),
      .number(gradientNorm / count),
    ])
    (loss, gradientNorm, summed) = (0, 0, 0)
  }
}

/// The saved state of a training: its record, every parameter and both of the optimiser's moments.
struct SavedTraining {
  /// The name of its file in the stage's partial results.
  static let name = "training"

  let record: TrainingRecord
  private let tensors: [String: Safetensors.Entry]

  private static let kinds = ["parameter", "first moment", "second moment"]

  private static func key(_ kind: Int, _ name: String) -> String { "\(kinds[kind]) \(name)" }

  /// Copies the present state out of libtorch.
  init(_ record: TrainingRecord, _ parameters: Parameters, optimizer: AdamW) throws {
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

  /// The bytes of its file: the length of the record (8 bytes, little endian), the record in JSON, the tensors as
  /// safetensors.
  func bytes() throws -> [UInt8] {
    let record = try record.makeContent().files[0].bytes()
    var bytes = withUnsafeBytes(of: UInt64(record.count).littleEndian) { Array($0) }
    bytes += record
    bytes += try Safetensors.encode(tensors)
    return bytes
  }

  /// Reads a file.
  /// - Throws: when the bytes are not a saved training.
  init(bytes: [UInt8]) throws {
    let fault = OperationError(
      operation: "continue a training", subject: "\(bytes.count) bytes", cause: "the record is cut off")
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
            operation: "continue a training", subject: key, cause: "the tensor is missing or misshaped")
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
