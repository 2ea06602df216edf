internal import Core
internal import Tensor

/// The type in which numbers are multiplied; sums and kept values are float32 in both cases.
public enum Precision: String, Codable, Hashable, Sendable {
  /// 32 bits, 24 of them significant.
  case float32
  /// 16 bits, 8 of them significant; about twice as fast where the processor has it.
  case bfloat16

  var elementType: ElementType { self == .float32 ? .float32 : .bfloat16 }
}

/// A stack of pre-LN transformer blocks over packed sequences. Source: MetaCLIP 2, §6; CLIP (arXiv 2103.00020).
struct Transformer {
  let tower: ModelConfiguration.Tower
  let activation: ModelConfiguration.Activation
  /// The prefix of its parameters' names, for instance `text_model`.
  let name: String
  let causal: Bool

  /// Runs all blocks, then the last layer normalisation on the pooled token of each sequence.
  ///
  /// After its attention, the last block computes only the pooled tokens: the others are no longer used.
  /// - Parameters:
  ///   - x: float32 `[tokens, width]`.
  ///   - offsets: int64 `[sequences + 1]`.
  ///   - pooled: int64 `[sequences]`, each sequence's pooled token.
  ///   - finalNorm: the name of the last layer normalisation.
  ///   - parameters: the model's.
  ///   - precision: the type in which numbers are multiplied.
  ///   - recomputing: true when the blocks' activations are computed again in the backward pass instead of kept.
  /// - Returns: `[sequences, width]` of the precision's element type.
  func callAsFunction(
    _ x: Tensor, offsets: Tensor, pooled: Tensor, finalNorm: String, parameters: Parameters, precision: Precision,
    recomputing: Bool
  ) throws(OperationError) -> Tensor {
    let type = precision.elementType
    var stream = [x]
    for layer in 0..<tower.layers {
      let block = { (stream: [Tensor]) throws(OperationError) -> [Tensor] in
        try self.block(layer, stream, offsets: offsets, pooled: pooled, parameters: parameters, type: type)
      }
      stream = recomputing ? try Torch.checkpoint(stream, outputs: 2, block) : try block(stream)
    }
    return try norm(&stream, finalNorm, parameters: parameters, type: type)
  }

  /// Runs one block.
  /// - Parameter stream: the residual and, after the first block, the summand that is yet to be added to it.
  /// - Returns: both, for the next block.
  private func block(
    _ layer: Int, _ stream: [Tensor], offsets: Tensor, pooled: Tensor, parameters: Parameters, type: ElementType
  ) throws(OperationError) -> [Tensor] {
    func linear(_ input: Tensor, _ name: String) throws(OperationError) -> Tensor {
      try input.linear(parameters["\(name).weight"], parameters["\(name).bias"], in: type)
    }

    let prefix = "\(name).encoder.layers.\(layer)"
    var stream = stream
    let input = try norm(&stream, "\(prefix).layer_norm1", parameters: parameters, type: type)
    var attended = try linear(input, "\(prefix).self_attn.qkv_proj")
      .attention(offsets: offsets, heads: tower.heads, causal: causal)
    // After the last attention, only the pooled tokens are used.
    if layer == tower.layers - 1 {
      attended = try attended.selecting(pooled)
      stream = [try stream[0].selecting(pooled)]
    }
    stream.append(try linear(attended, "\(prefix).self_attn.out_proj"))

    let normalized = try norm(&stream, "\(prefix).layer_norm2", parameters: parameters, type: type)
    let hidden = try linear(normalized, "\(prefix).mlp.fc1")
    stream.append(try linear(activation == .gelu ? hidden.gelu() : hidden.quickGelu(), "\(prefix).mlp.fc2"))
    return stream
  }

  /// Adds the pending summand to the residual, which is then the only tensor in the stream.
  /// - Returns: the normalised sum.
  private func norm(
    _ stream: inout [Tensor], _ name: String, parameters: Parameters, type: ElementType
  ) throws(OperationError) -> Tensor {
    let (weight, bias) = (try parameters["\(name).weight"], try parameters["\(name).bias"])
    guard stream.count > 1 else { return try stream[0].layerNorm(weight, bias, as: type) }
    let result = try stream[0].addThenLayerNorm(stream[1], weight, bias: bias, as: type)
    stream = [result.sum]
    return result.normalized
  }
}
