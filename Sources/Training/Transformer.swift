internal import Tensor

/// How numbers are multiplied; what is added up and kept is float32 in both.
public enum Precision: String, Codable, Hashable, Sendable {
  case float32
  /// About twice as fast where the processor has it.
  case bfloat16

  var elementType: ElementType { self == .float32 ? .float32 : .bfloat16 }
}

/// A stack of pre-LN transformer blocks over packed sequences. Source: MetaCLIP 2, §6; CLIP (arXiv 2103.00020).
struct Transformer {
  let tower: ModelConfiguration.Tower
  let activation: ModelConfiguration.Activation
  /// What its parameters' names begin with, for instance `text_model`.
  let name: String
  let causal: Bool

  /// Runs all blocks, then the last layer normalisation on the pooled token of each sequence.
  ///
  /// Behind its attention, the last block computes the pooled tokens alone: the others are used no more.
  /// - Parameters:
  ///   - x: float32 `[tokens, width]`.
  ///   - offsets: int64 `[sequences + 1]`.
  ///   - pooled: int64 `[sequences]`, each sequence's pooled token.
  ///   - finalNorm: the name of the last layer normalisation.
  /// - Returns: `[sequences, width]` of the precision's element type.
  func callAsFunction(
    _ x: Tensor, offsets: Tensor, pooled: Tensor, finalNorm: String, _ parameters: Parameters, _ precision: Precision
  ) throws -> Tensor {
    let type = precision.elementType
    var residual = x
    var delta: Tensor?
    func linear(_ input: Tensor, _ name: String) throws -> Tensor {
      try input.linear(parameters["\(name).weight"], parameters["\(name).bias"], in: type)
    }
    func norm(_ name: String) throws -> Tensor {
      let (weight, bias) = (try parameters["\(name).weight"], try parameters["\(name).bias"])
      guard let more = delta else { return try residual.layerNorm(weight, bias, as: type) }
      let result = try residual.addThenLayerNorm(more, weight, bias, as: type)
      residual = result.sum
      delta = nil
      return result.normalized
    }
    for layer in 0..<tower.layers {
      let prefix = "\(name).encoder.layers.\(layer)"
      var attended = try linear(norm("\(prefix).layer_norm1"), "\(prefix).self_attn.qkv_proj")
        .attention(offsets: offsets, heads: tower.heads, causal: causal)
      if layer == tower.layers - 1 {
        attended = try attended.selecting(pooled)
        residual = try residual.selecting(pooled)
      }
      delta = try linear(attended, "\(prefix).self_attn.out_proj")
      let hidden = try linear(norm("\(prefix).layer_norm2"), "\(prefix).mlp.fc1")
      delta = try linear(activation == .gelu ? hidden.gelu() : hidden.quickGelu(), "\(prefix).mlp.fc2")
    }
    return try norm(finalNorm)
  }
}
