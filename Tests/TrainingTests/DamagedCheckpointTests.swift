import ArtifactTypes
import Core
import Foundation
import Tensor
import Testing
import Training

/// Whatever is wrong with a checkpoint's files is an error that says it, never a crash.
@Suite struct DamagedCheckpointTests {
  private func checkpoint(_ weights: [UInt8], _ configuration: [UInt8]) throws -> Checkpoint {
    try Checkpoint(
      content: ArtifactContent(
        files: ArtifactContent(bytes: weights, name: "model.safetensors").files
          + ArtifactContent(bytes: configuration, name: "config.json").files))
  }

  private func load(_ weights: [UInt8], _ configuration: [UInt8]) throws {
    _ = try CLIPModel(checkpoint(weights, configuration), tokenizer: nil, precision: .float32)
  }

  @Test func `Missing, extra and misshaped tensors are all listed in one error`() throws {
    var tensors = try TensorFolder.tensors()
    tensors["logit_scale"] = nil
    tensors["text_model.encoder.layers.1.self_attn.v_proj.bias"] = nil
    tensors["a.stranger"] = .init(shape: [], elements: [1])
    tensors["another.stranger"] = .init(shape: [0], elements: [])
    tensors["visual_projection.weight"] = .init(shape: [12, 6], elements: [Float](repeating: 0, count: 72))
    tensors["text_projection.weight"] = .init(shape: [1], elements: [0])
    let bytes = try Safetensors.encode(tensors)
    let error = #expect(throws: OperationError.self) { try load(bytes, TensorFolder.bytes("config.json")) }
    #expect(
      error?.cause == """
        missing: logit_scale, text_model.encoder.layers.1.self_attn.v_proj.bias; of another shape than \
        the configuration asks for: \
        text_projection.weight [1] instead of [6, 8], visual_projection.weight [12, 6] instead of [6, \
        12]; not part of such a model: \
        a.stranger, another.stranger
        """)
  }

  @Test func `Weights that are not finite are named`() async throws {
    var tensors = try TensorFolder.tensors()
    tensors["visual_projection.weight"]?.elements[5] = .nan
    tensors["logit_scale"]?.elements[0] = .infinity
    let bytes = try Safetensors.encode(tensors)
    let error = #expect(throws: OperationError.self) { try load(bytes, TensorFolder.bytes("config.json")) }
    #expect(error?.cause.contains("logit_scale, visual_projection.weight: the training diverged") == true)
    let folder = try TensorFolder()
    try folder.write(bytes, "model.safetensors")
    try folder.write(TensorFolder.bytes("config.json"), "config.json")
    await #expect(throws: OperationError.self) { try await ImportCheckpoint(folder: folder.path).run(folder.context) }
  }

  @Test(arguments: [
    ("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\"", "relu"),
    ("\"model_type\": \"metaclip_2\"", "\"model_type\": \"bert\"", "bert"),
    ("\"hidden_size\": 12", "\"hidden_size\": 13", "cannot be split"),
    ("\"hidden_size\": 12", "\"hidden_size\": -12", "cannot be split"),
    ("\"hidden_size\": 12", "\"hidden_size\": \"12\"", "vision_config.hidden_size is not of the type Int"),
    ("\"patch_size\": 4", "\"patch_size\": 0", "patches"),
    ("\"image_size\": 8", "\"image_size\": 9223372036854775807", "as large as"),
    ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 9000000000", "too many"),
    ("\"vocab_size\": 24", "\"vocab_size\": 0", "vocabulary of 0"),
    ("\"vocab_size\": 24", "\"vocab_size\": 25", "[24, 8] instead of [25, 8]"),
    ("\"layer_norm_eps\": 1e-05", "\"layer_norm_eps\": 1e-06", "layer_norm_eps"), ("{", "", "JSON"),
  ])
  func `A configuration that is no model's is an error that names it`(_ old: String, _ new: String, _ cause: String)
    throws
  {
    let text = String(decoding: try TensorFolder.bytes("config.json"), as: UTF8.self)
    let changed = text.replacing(old, with: new)
    #expect(changed != text)
    let error = #expect(throws: OperationError.self) {
      try load(TensorFolder.bytes("model.safetensors"), Array(changed.utf8))
    }
    #expect(error?.cause.contains(cause) == true, "\(error?.cause ?? "")")
  }

  @Test func `Random damage is an error or harmless, never a crash`() throws {
    let (weights, configuration) = (try TensorFolder.bytes("model.safetensors"), try TensorFolder.bytes("config.json"))
    try load(weights, configuration)
    var generator = CounterGenerator(11)
    let header = Int(weights[0]) + Int(weights[1]) << 8 + 8
    var errors = 0
    for round in 0..<400 {
      var (a, b) = (weights, configuration)
      for _ in 0...generator.index(3) {
        let value = UInt8(generator.index(256))
        if round.isMultiple(of: 2) { a[generator.index(header)] = value } else { b[generator.index(b.count)] = value }
      }
      if round.isMultiple(of: 7) { a.removeLast(generator.index(a.count)) }
      do {
        try load(a, b)
      } catch is OperationError {
        errors += 1
      }
    }
    #expect(errors > 200, "\(errors)")
  }
}
