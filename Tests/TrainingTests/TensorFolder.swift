import ArtifactTypes
import Core
import Foundation
import Tensor
import TestSupport
import Training

/// A folder with the files of a small model, as somebody else would have left them; gone when the test ends.
final class TensorFolder {
  let path: String
  /// The golden files that the transformers library made: `Golden/make.py`.
  static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden").path

  init() throws {
    path = temporaryPath("tensors")
    try FileManager.default.createDirectory(atPath: path + "/scratch", withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var context: StageContext { StageContext(scratch: path + "/scratch", threads: 1) }

  func write(_ bytes: [UInt8], _ name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(fileURLWithPath: golden + "/" + name)))
  }

  /// The golden model's tensors.
  static func tensors() throws -> [String: Safetensors.Entry] {
    try Safetensors.decode(bytes("model.safetensors"), subject: "golden")
  }

  static func goldenImport() -> ImportCheckpoint { ImportCheckpoint(folder: golden) }

  /// What the golden model is given and gives.
  struct Expected: Codable {
    var pixels: [Float]
    var ids: [[Int32]]
    var pictureEmbeddings: [Float]
    var textEmbeddings: [Float]
    /// `[pictures, texts]`
    var logits: [Float]

    private enum CodingKeys: String, CodingKey {
      case pixels, ids
      case pictureEmbeddings = "image_embeds"
      case textEmbeddings = "text_embeds"
      case logits = "logits_per_image"
    }
  }

  static func expected() throws -> Expected {
    try JSONDecoder().decode(Expected.self, from: Data(bytes("expected.json")))
  }

  /// What a model of ours makes of the golden inputs: pictures of 8 × 8 pixels in patches of 4 × 4.
  static func outputs(_ model: CLIPModel, _ inputs: Expected) throws -> Expected {
    let count = inputs.pixels.count / 192
    var rows: [Float] = []
    for picture in 0..<count {
      for patch in 0..<4 {
        for value in 0..<48 {
          let (channel, y, x) = (value / 16, patch / 2 * 4 + value % 16 / 4, patch % 2 * 4 + value % 4)
          rows.append(inputs.pixels[picture * 192 + channel * 64 + y * 8 + x])
        }
      }
    }
    let pictures = try model.encode(patches: .from(rows, shape: [count * 4, 48]), count: count)
    var batch = TokenBatch()
    // The text ends at the first end; what pads it is not given to our model.
    for text in inputs.ids { batch.append(Array(text.prefix { $0 != 2 }) + [2]) }
    let texts = try model.encode(batch)
    let scale = exp(try model.parameters["logit_scale"].item())
    var result = inputs
    result.pictureEmbeddings = try pictures.elements()
    result.textEmbeddings = try texts.elements()
    result.logits = try (pictures.matmul(texts.transposed()) * scale).elements()
    return result
  }
}

/// The largest difference of two lists of the same length.
func difference(_ a: [Float], _ b: [Float]) -> Float {
  precondition(a.count == b.count, "\(a.count) and \(b.count) numbers")
  return zip(a, b).map { abs($0 - $1) }.max() ?? 0
}
