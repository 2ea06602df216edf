internal import Foundation
internal import Measuring
internal import Tensor
internal import Training

/// Steps of a training: encoding, loss, gradients and AdamW, as `TrainCLIP` makes them of batches that are in memory.
struct TrainingSteps {
  let workload: Workload
  let precision: Precision
  let threads: Int
  /// Steps whose losses are told; they come first and warm up.
  let checked: Int
  /// Steps that are measured.
  let timed: Int

  func measure() throws -> Findings {
    try Torch.setThreads(threads)
    let model = try workload.model(precision)
    var rules = AdamW.Settings()
    rules.maximumNorm = 1
    var optimizer = try AdamW(model.parameters, rules)
    let batches = (0..<Workload.batches).map { batch in
      (patches: workload.patches(of: batch), captions: workload.captions(of: batch))
    }
    var (losses, costs): ([Double], [Cost]) = ([], [])
    for step in 0..<(checked + timed) {
      if step == checked { PeakMemory.forget() }
      let batch = batches[step % batches.count]
      let (loss, cost) = try Cost.of { try self.step(model, &optimizer, batch.patches, batch.captions) }
      if step < checked { losses.append(loss) } else { costs.append(cost) }
    }
    var findings = Findings()
    findings.add("step", Cost.median(costs))
    findings.add("losses", losses)
    findings.add("peakMemory", PeakMemory.bytes)
    findings.add("libtorch", Torch.version)
    return findings
  }

  /// - Returns: the loss before the step.
  private func step(
    _ model: CLIPModel, _ optimizer: inout AdamW, _ patches: [Float], _ captions: [[Int32]]
  ) throws -> Double {
    var texts = TokenBatch()
    for caption in captions { texts.append(caption) }
    let contrast = ContrastiveLoss(owners: Array(captions.indices), texts: Array(captions.indices))
    let logitScale = try model.parameters["logit_scale"]
    let area = workload.configuration.patchSize * workload.configuration.patchSize
    let loss = try contrast(
      pictures: model.encode(
        patches: .from(patches, shape: [patches.count / (3 * area), 3 * area]), count: workload.batchSize),
      texts: model.encode(texts), logitScale: logitScale)
    let value = try loss.item()
    try loss.backward()
    try optimizer.step(learningRate: Workload.learningRate)
    try logitScale.clamp(to: 0...log(100))
    return value
  }
}
