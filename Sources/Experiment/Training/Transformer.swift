internal import Core
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
  ///   - recomputing: whether the blocks' activations are computed again in the backward pass instead of kept.
  /// - Returns: `[sequences, width]` of the precision's element type.
  func callAsFunction(
    _ x: Tensor, offsets: Tensor, pooled: Tensor, finalNorm: String, _ parameters: Parameters, _ precision: Precision,
    recomputing: Bool
  ) throws(OperationError) -> Tensor {
    let type = precision.elementType
    var stream = [x]
    for layer in 0..<tower.layers {
      let block = { (stream: [Tensor]) throws(OperationError) -> [Tensor] in
        try self.block(layer, stream, offsets: offsets, pooled: pooled, parameters, type)
      }
      stream = recomputing ? try Torch.checkpoint(stream, outputs: 2, block) : try block(stream)
    }
    return try norm(&stream, finalNorm, parameters, type)
  }

  /// - Parameter stream: the residual and, behind the first block, what is yet to be added to it.
  /// - Returns: both, for the next block.
  private func block(
    _ layer: Int, _ stream: [Tensor], offsets: Tensor, pooled: Tensor, _ parameters: Parameters, _ type: ElementType
  ) throws(OperationError) -> [Tensor] {
    func linear(_ input: Tensor, _ name: String) throws(OperationError) -> Tensor {
      try input.linear(parameters["\(name).weight"], parameters["\(name).bias"], in: type)
    }
    let prefix = "\(name).encoder.layers.\(layer)"
    var stream = stream
    var attended = try linear(norm(&stream, "\(prefix).layer_norm1", parameters, type), "\(prefix).self_attn.qkv_proj")
      .attention(offsets: offsets, heads: tower.heads, causal: causal)
    if layer == tower.layers - 1 {
      attended = try attended.selecting(pooled)
      stream = [try stream[0].selecting(pooled)]
    }
    stream.append(try linear(attended, "\(prefix).self_attn.out_proj"))
    let hidden = try linear(norm(&stream, "\(prefix).layer_norm2", parameters, type), "\(prefix).mlp.fc1")
    stream.append(try linear(activation == .gelu ? hidden.gelu() : hidden.quickGelu(), "\(prefix).mlp.fc2"))
    return stream
  }

  /// Adds what is yet to be added to the residual, which alone stays in the stream.
  /// - Returns: the normalised sum.
  private func norm(
    _ stream: inout [Tensor], _ name: String, _ parameters: Parameters, _ type: ElementType
  ) throws(OperationError) -> Tensor {
    let (weight, bias) = (try parameters["\(name).weight"], try parameters["\(name).bias"])
    guard stream.count > 1 else { return try stream[0].layerNorm(weight, bias, as: type) }
    let result = try stream[0].addThenLayerNorm(stream[1], weight, bias, as: type)
    stream = [result.sum]
    return result.normalized
  }
}
