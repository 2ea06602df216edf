internal import Core
internal import Foundation
internal import Measuring
internal import Tensor
internal import Training

/// Writes a workload for the peers: the model as transformers reads it, pictures and captions.
struct Preparation {
  let workload: Workload
  /// The folder to write into: `model.safetensors`, `config.json`, and for each batch `pictures-N.safetensors` and
  /// `captions-N.txt`.
  let folder: String

  func measure() throws -> Findings {
    let configuration = workload.configuration
    let model = try workload.model(.float32)
    try write(try model.safetensors(), as: "model.safetensors")
    try write(try model.configurationFile(tokenizer: Digest(of: [])), as: "config.json")
    var pieces = 0
    for batch in 0..<Workload.batches {
      let shape = [workload.batchSize, configuration.patchCount, 3, configuration.patchSize, configuration.patchSize]
      let patches = Safetensors.Entry(shape: shape, elements: workload.patches(of: batch))
      try write(try Safetensors.encode(["patches": patches]), as: "pictures-\(batch).safetensors")
      let captions = workload.captions(of: batch)
      pieces += captions.reduce(0) { $0 + $1.count }
      let lines = captions.map { $0.map(String.init).joined(separator: " ") + "\n" }
      try write(Array(lines.joined().utf8), as: "captions-\(batch).txt")
    }
    var findings = Findings()
    findings.add("parameters", model.parameters.count)
    findings.add("pieces", Double(pieces) / Double(Workload.batches * workload.batchSize))
    findings.add("layers", configuration.vision.layers)
    findings.add("width", configuration.vision.width)
    findings.add("pictureSize", configuration.pictureSize)
    findings.add("batch", workload.batchSize)
    findings.add("context", configuration.contextLength)
    findings.add("vocabulary", workload.vocabularySize)
    return findings
  }

  private func write(_ bytes: [UInt8], as name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
  }
}
