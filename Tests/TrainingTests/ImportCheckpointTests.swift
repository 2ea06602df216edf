import ArtifactTypes
import Core
import Foundation
import Tensor
import Testing
import Training

@Suite struct ImportCheckpointTests {
  /// The golden model's state as OpenCLIP names it, by rules of its own: one tensor of OpenCLIP after the other.
  static func openCLIP(prefix: String = "") throws -> [String: Safetensors.Entry] {
    let ours = try TensorFolder.tensors()
    func entry(_ name: String) throws -> Safetensors.Entry { try #require(ours[name], "\(name)") }
    func transposed(_ name: String) throws -> Safetensors.Entry {
      let matrix = try entry(name)
      let (rows, columns) = (matrix.shape[0], matrix.shape[1])
      var elements = [Float](repeating: 0, count: rows * columns)
      for row in 0..<rows {
        for column in 0..<columns { elements[column * rows + row] = matrix.elements[row * columns + column] }
      }
      return .init(shape: [columns, rows], elements: elements)
    }
    var result: [String: Safetensors.Entry] = [
      "visual.class_embedding": try entry("vision_model.embeddings.class_embedding"),
      "visual.positional_embedding": try entry("vision_model.embeddings.position_embedding.weight"),
      "visual.proj": try transposed("visual_projection.weight"),
      "visual.conv1.weight": try entry("vision_model.embeddings.patch_embedding.weight"),
      "positional_embedding": try entry("text_model.embeddings.position_embedding.weight"),
      "token_embedding.weight": try entry("text_model.embeddings.token_embedding.weight"),
      "text_projection": try transposed("text_projection.weight"), "logit_scale": try entry("logit_scale"),
      "attn_mask": .init(shape: [1], elements: [-.infinity]),
    ]
    for kind in ["weight", "bias"] {
      result["visual.ln_pre.\(kind)"] = try entry("vision_model.pre_layrnorm.\(kind)")
      result["visual.ln_post.\(kind)"] = try entry("vision_model.post_layernorm.\(kind)")
      result["ln_final.\(kind)"] = try entry("text_model.final_layer_norm.\(kind)")
      for (theirs, tower) in [("visual.transformer", "vision_model"), ("transformer", "text_model")] {
        for layer in 0..<2 {
          let (to, from) = ("\(theirs).resblocks.\(layer)", "\(tower).encoder.layers.\(layer)")
          for (name, source) in [
            ("ln_1", "layer_norm1"), ("ln_2", "layer_norm2"), ("attn.out_proj", "self_attn.out_proj"),
            ("mlp.c_fc", "mlp.fc1"),
            ("mlp.c_proj", "mlp.fc2"),
          ] { result["\(to).\(name).\(kind)"] = try entry("\(from).\(source).\(kind)") }
          let parts = try ["q", "k", "v"].map { try entry("\(from).self_attn.\($0)_proj.\(kind)") }
          result["\(to).attn.in_proj_\(kind)"] = .init(
            shape: [3 * parts[0].shape[0]] + parts[0].shape.dropFirst(), elements: parts.flatMap(\.elements))
        }
      }
    }
    return Dictionary(uniqueKeysWithValues: result.map { (prefix + $0.key, $0.value) })
  }

  @Test(arguments: ["", "module."])
  func `A state of OpenCLIP becomes the same model`(_ prefix: String) async throws {
    let folder = try TensorFolder()
    try folder.write(Safetensors.encode(Self.openCLIP(prefix: prefix)), "open_clip_model.safetensors")
    var stage = ImportCheckpoint(folder: folder.path)
    (stage.visionHeadWidth, stage.textHeadWidth) = (6, 4)
    let checkpoint = try await stage.run(folder.context)
    let model = try CLIPModel(checkpoint, tokenizer: nil, precision: .float32)
    let expected = try TensorFolder.expected()
    let found = try TensorFolder.outputs(model, expected)
    #expect(difference(found.logits, expected.logits) < 1e-5)
    stage.activation = .quickGELU
    let other = try CLIPModel(await stage.run(folder.context), tokenizer: nil, precision: .float32)
    #expect(difference(try TensorFolder.outputs(other, expected).logits, expected.logits) > 1e-4)
  }

  @Test func `A text tower that is a module of its own is found`() async throws {
    let folder = try TensorFolder()
    let tensors = try Self.openCLIP().map { name, entry in
      (name.hasPrefix("visual") || name == "logit_scale" ? name : "text." + name, entry)
    }
    try folder.write(Safetensors.encode(Dictionary(uniqueKeysWithValues: tensors)), "model.safetensors")
    var stage = ImportCheckpoint(folder: folder.path)
    (stage.visionHeadWidth, stage.textHeadWidth) = (6, 4)
    let checkpoint = try await stage.run(folder.context)
    let imported = try Safetensors.decode(checkpoint.file("model.safetensors").bytes(), subject: "import")
    #expect(try imported == TensorFolder.tensors())
  }

  @Test func `OpenCLIP's faults are listed under its names`() async throws {
    let folder = try TensorFolder()
    var tensors = try Self.openCLIP()
    tensors["visual.ln_post.bias"] = nil
    tensors["transformer.resblocks.1.attn.in_proj_bias"] = .init(shape: [8], elements: [Float](repeating: 0, count: 8))
    tensors["visual.attnpool"] = .init(shape: [1], elements: [0])
    try folder.write(Safetensors.encode(tensors), "model.safetensors")
    var stage = ImportCheckpoint(folder: folder.path)
    let width = await #expect(throws: OperationError.self) { try await stage.run(folder.context) }
    #expect(width?.cause.contains("head width 64") == true)
    (stage.visionHeadWidth, stage.textHeadWidth) = (6, 4)
    let error = await #expect(throws: OperationError.self) { try await stage.run(folder.context) }
    for part in [
      "missing: visual.ln_post.bias;", "transformer.resblocks.1.attn.in_proj_bias [8] instead of [24];",
      "not part of such a model: visual.attnpool",
    ] { #expect(error?.cause.contains(part) == true, "\(error?.cause ?? "")") }
  }

  @Test func `Shards are put together, and what is wrong with them is said`() async throws {
    let folder = try TensorFolder()
    let tensors = try TensorFolder.tensors()
    let names = Safetensors.sorted(tensors.keys)
    let halves = [Set(names.prefix(20)), Set(names.dropFirst(20))]
    for (index, half) in halves.enumerated() {
      try folder.write(Safetensors.encode(tensors.filter { half.contains($0.key) }), "part-\(index).safetensors")
    }
    try folder.write(TensorFolder.bytes("config.json"), "config.json")
    let stage = ImportCheckpoint(folder: folder.path)
    let several = await #expect(throws: OperationError.self) { try await stage.run(folder.context) }
    #expect(several?.cause.contains("part-0.safetensors, part-1.safetensors") == true)
    func index(_ file: (String) -> String) throws {
      let map = Dictionary(uniqueKeysWithValues: names.map { ($0, file($0)) })
      try folder.write(Array(JSONEncoder().encode(["weight_map": map])), "model.safetensors.index.json")
    }
    try index { halves[0].contains($0) ? "part-0.safetensors" : "part-1.safetensors" }
    let checkpoint = try await stage.run(folder.context)
    #expect(try Safetensors.decode(checkpoint.file("model.safetensors").bytes(), subject: "import") == tensors)
    try index { halves[0].contains($0) ? "part-0.safetensors" : "../part-2.safetensors" }
    let absent = await #expect(throws: OperationError.self) { try await stage.run(folder.context) }
    #expect(absent?.cause.contains("../part-2.safetensors") == true)
    try index { _ in "part-0.safetensors" }
    let missing = await #expect(throws: OperationError.self) { try await stage.run(folder.context) }
    for name in halves[1] { #expect(missing?.cause.contains(name) == true) }
    try index { halves[0].contains($0) ? "part-0.safetensors" : "part-1.safetensors" }
    try folder.write(Safetensors.encode(tensors), "part-1.safetensors")
    let twice = await #expect(throws: OperationError.self) { try await stage.run(folder.context) }
    #expect(twice?.cause.contains("is in part-0.safetensors too") == true)
  }

  @Test func `Its tokenizer goes with a model, and one that does not fit is refused`() async throws {
    let folder = try TensorFolder()
    let tokenizer = try Tokenizer(model: TensorFolder.bytes("tokenizer.model"), ids: .fairseq)
    var tensors = try TensorFolder.tensors()
    try folder.write(TensorFolder.bytes("config.json"), "config.json")
    try folder.write(Safetensors.encode(tensors), "model.safetensors")
    let stage = ImportCheckpoint(folder: folder.path, tokenizer: tokenizer)
    let error = await #expect(throws: OperationError.self) { try await stage.run(folder.context) }
    #expect(error?.cause.contains("24 pieces, the tokenizer has 38") == true)
    let unnamed = try await ImportCheckpoint(folder: folder.path).run(folder.context)
    #expect(throws: OperationError.self) { try TrainedModel(unnamed, tokenizer: tokenizer, threads: 1) }

    tensors["text_model.embeddings.token_embedding.weight"] = .init(
      shape: [38, 8], elements: [Float](repeating: 0.1, count: 304))
    try folder.write(Safetensors.encode(tensors), "model.safetensors")
    let configuration = String(decoding: try TensorFolder.bytes("config.json"), as: UTF8.self)
    try folder.write(
      Array(configuration.replacing("\"vocab_size\": 24", with: "\"vocab_size\": 38").utf8), "config.json")
    let checkpoint = try await stage.run(folder.context)
    #expect(checkpoint.content["sentencepiece.bpe.model"]?.digest == (try tokenizer.model().digest))
    #expect(try TrainedModel(checkpoint, tokenizer: tokenizer, threads: 1).encode(["the dog"]).count == 6)
    let other = try Tokenizer(model: TensorFolder.bytes("tokenizer.model"), ids: .stored)
    let wrong = #expect(throws: OperationError.self) { try TrainedModel(checkpoint, tokenizer: other, threads: 1) }
    #expect(wrong?.cause.contains("pass that one") == true)
  }
}
