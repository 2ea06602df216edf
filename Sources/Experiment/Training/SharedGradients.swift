internal import Core
package import Tensor

/// One step of a training over several processes: each encodes its own pictures and captions, all compute the loss of
/// the whole batch.
///
/// The embeddings are gathered; as every process computes the same loss of them, each has the gradient of its own rows
/// without another exchange. The gradients of the parameters are then added up over the processes. So the gradient is
/// that of the whole batch, not the mean of the parts' own: every text is contrasted with the pictures of all
/// processes. Source: CLIP, arXiv 2103.00020, §2.5.
package enum SharedGradients {
  /// Gives every process the same parameters' gradients, those of the whole batch's loss.
  /// - Parameters:
  ///   - batch: with the pictures of this process.
  ///   - part: the number of pictures that are encoded at a time; 0 for all of this process.
  /// - Returns: the loss of the whole batch.
  /// - Throws: ``ProcessGroupError`` when another process is gone.
  static func backward(
    _ batch: TrainingBatch, _ clip: CLIPModel, part: Int, group: ProcessGroup
  ) throws -> Double {
    let places = batch.own
    let parts = stride(from: places.lowerBound, to: places.upperBound, by: part > 0 ? part : places.count)
      .map { $0..<min($0 + (part > 0 ? part : places.count), places.upperBound) }
    let pictures = try Encoded(
      parts.map { places in { try clip.encode(patches: batch.patches(of: places), count: places.count) } })
    let texts = try Encoded(parts.map { places in { try clip.encode(batch.texts(of: places)) } })

    let (allPictures, ownPictures) = try gathered(pictures.features, group)
    let (allTexts, ownTexts) = try gathered(texts.features, group)
    let logitScale = try clip.parameters["logit_scale"]
    let contrast = ContrastiveLoss(owners: batch.owners, texts: batch.numbers)
    let loss = try contrast(pictures: allPictures, texts: allTexts, logitScale: logitScale)
    try loss.backward()
    // Every process has the whole gradient of the scale; the sum must have it once.
    if group.rank > 0 { try logitScale.clearGradient() }

    if let gradient = try allPictures.gradient {
      try CachedGradients.propagate(gradient.slice(0, ownPictures), through: pictures.parts)
    }
    if let gradient = try allTexts.gradient {
      try CachedGradients.propagate(gradient.slice(0, ownTexts), through: texts.parts)
    }
    try sum(clip.parameters, group)
    return try loss.item()
  }

  /// Compares the parameters of all processes by their digest.
  /// - Parameter step: the number of steps that were made, for the error.
  /// - Throws: ``OperationError`` in every process, naming the processes whose parameters are not those of the first;
  ///   ``ProcessGroupError`` when another process is gone.
  package static func requireEqual(_ parameters: Parameters, after step: Int, group: ProcessGroup) throws {
    if group.size == 1 { return }
    var builder = DigestBuilder()
    for (_, tensor) in parameters.all {
      try tensor.elements(as: Float.self).withUnsafeBytes { builder.update($0) }
    }
    let digests = try group.allGather(builder.digest.bytes)
    let others = digests.indices.filter { digests[$0] != digests[0] }
    if others.isEmpty { return }
    throw OperationError(
      operation: "train", subject: "\(group.size) processes after step \(step)",
      cause: """
        the parameters of process \(others.map(String.init).joined(separator: ", ")) are not those of process 0, so \
        that their gradients do not belong together. Nothing later than the last saved state is of use; run the \
        training again, with `processes` 1 if it comes back
        """)
  }

  /// The rows of this process: with their graph when they are one part, else encoded again once their gradient is
  /// known.
  private struct Encoded {
    /// `[rows, embedding]`.
    let features: Tensor
    /// The encoders of the parts' rows with their graph.
    let parts: [() throws -> Tensor]

    init(_ parts: [() throws -> Tensor]) throws {
      if parts.count == 1 {
        let whole = try parts[0]()
        features = whole
        self.parts = [{ whole }]
      } else {
        features = try CachedGradients.features(parts)
        self.parts = parts
      }
    }
  }

  /// The rows of all processes, outside the graph and with a gradient of their own, and the range of this process's
  /// rows.
  private static func gathered(_ own: Tensor, _ group: ProcessGroup) throws -> (all: Tensor, own: Range<Int>) {
    let width = own.shape[1]
    let parts = try group.allGather(own.elements(as: Float.self))
    let start = parts[..<group.rank].reduce(0) { $0 + $1.count } / width
    let elements = Array(parts.joined())
    let all = try Tensor.from(elements, shape: [elements.count / width, width]).requiringGradient()
    return (all, start..<start + own.shape[0])
  }

  /// Replaces the parameters' gradients by their sums over the processes.
  private static func sum(_ parameters: Parameters, _ group: ProcessGroup) throws {
    // After all gradients, the numbers of processes that have one of each parameter: where no process has one, it stays
    // without.
    var numbers: [Float] = []
    var held: [Float] = []
    numbers.reserveCapacity(parameters.count + parameters.names.count)
    for (_, tensor) in parameters.all {
      let gradient = try tensor.gradient
      numbers += try gradient?.elements() ?? [Float](repeating: 0, count: tensor.count)
      held.append(gradient == nil ? 0 : 1)
    }
    numbers += held
    try group.allReduce(&numbers)

    var start = 0
    for (index, (_, tensor)) in parameters.all.enumerated() {
      let end = start + tensor.count
      try tensor.clearGradient()
      if numbers[parameters.count + index] > 0 {
        // The gradient of this sum by the parameter is exactly the other factor.
        try (tensor * .from(Array(numbers[start..<end]), shape: tensor.shape)).sum().backward()
      }
      start = end
    }
  }
}
