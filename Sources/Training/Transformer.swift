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

  /// Whether the backward pass computes each block again instead of keeping what lies inside it.
  var recomputes = false

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
    var stream = Stream(residual: x)
    for layer in 0..<tower.layers {
      let isLast = layer == tower.layers - 1
      func block(_ stream: Stream) throws -> Stream {
        try run(layer, stream, offsets: offsets, pooled: isLast ? pooled : nil, parameters, type)
      }
      stream = recomputes ? try Stream(Torch.recomputed(stream.tensors) { try block(Stream($0)).tensors }) : try block(stream)
    }
    return try stream.normalized(finalNorm, parameters, type)
  }

  /// One block.
  /// - Parameter pooled: the tokens that are used behind it; `nil` for all.
  private func run(
    _ layer: Int, _ input: Stream, offsets: Tensor, pooled: Tensor?, _ parameters: Parameters, _ type: ElementType
  ) throws -> Stream {
    var stream = input
    func linear(_ input: Tensor, _ name: String) throws -> Tensor {
      try input.linear(parameters["\(name).weight"], parameters["\(name).bias"], in: type)
    }
    let prefix = "\(name).encoder.layers.\(layer)"
    var attended = try linear(
      stream.normalized("\(prefix).layer_norm1", parameters, type), "\(prefix).self_attn.qkv_proj"
    ).attention(offsets: offsets, heads: tower.heads, causal: causal)
    if let pooled {
      attended = try attended.selecting(pooled)
      stream.residual = try stream.residual.selecting(pooled)
    }
    stream.delta = try linear(attended, "\(prefix).self_attn.out_proj")
    let hidden = try linear(stream.normalized("\(prefix).layer_norm2", parameters, type), "\(prefix).mlp.fc1")
    stream.delta = try linear(activation == .gelu ? hidden.gelu() : hidden.quickGelu(), "\(prefix).mlp.fc2")
    return stream
  }
}

/// What flows from block to block: the residual, and what is still to be added to it, which the next normalisation does in one pass.
private struct Stream {
  var residual: Tensor
  var delta: Tensor?

  init(residual: Tensor) { self.residual = residual }

  init(_ tensors: [Tensor]) {
    residual = tensors[0]
    delta = tensors.count > 1 ? tensors[1] : nil
  }

  var tensors: [Tensor] { [residual] + (delta.map { [$0] } ?? []) }

  /// Adds what is still to be added, and normalises the sum.
  /// - Returns: `[rows, width]` of `type`.
  mutating func normalized(_ name: String, _ parameters: Parameters, _ type: ElementType) throws -> Tensor {
    let (weight, bias) = (try parameters["\(name).weight"], try parameters["\(name).bias"])
    guard let more = delta else { return try residual.layerNorm(weight, bias, as: type) }
    let result = try residual.addThenLayerNorm(more, weight, bias, as: type)
    residual = result.sum
    delta = nil
    return result.normalized
  }
}
