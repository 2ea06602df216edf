/// The name, shape and initial values of a trainable tensor of a model.
package struct ParameterPlan: Equatable, Sendable {
  /// The values of a tensor's elements before training.
  package enum Initial: Equatable, Sendable {
    /// All elements are equal.
    case constant(Double)
    /// Drawn from the normal distribution with mean 0.
    case normal(deviation: Float)
  }

  /// The name among the model's parameters.
  package let name: String
  /// The sizes of the dimensions; empty for a scalar.
  package let shape: [Int]
  /// The values before training.
  package let initial: Initial

  /// The number of elements.
  package var count: Int { shape.reduce(1, *) }
}

extension ModelConfiguration {
  /// All trainable tensors, in the order in which initial values are drawn.
  ///
  /// The names are those of `MetaClip2Model` of the transformers library, except for queries, keys and values, which
  /// are one matrix here (`qkv_proj`), and for the patch convolution, a matrix with a row for each of its outputs.
  /// Source of the deviations: MetaCLIP 2, §6. It says nothing of the patch convolution, whose deviation is fan-in^-.5.
  package func parameterPlans(vocabularySize: Int) -> [ParameterPlan] {
    var plans: [ParameterPlan] = []
    func normal(_ name: String, _ shape: [Int], deviation: Float) {
      plans.append(ParameterPlan(name: name, shape: shape, initial: .normal(deviation: deviation)))
    }
    func constant(_ name: String, _ shape: [Int], value: Double) {
      plans.append(ParameterPlan(name: name, shape: shape, initial: .constant(value)))
    }
    func norm(_ name: String, _ width: Int) {
      constant("\(name).weight", [width], value: 1)
      constant("\(name).bias", [width], value: 0)
    }

    func blocks(_ name: String, _ tower: Tower) {
      let (width, hidden) = (tower.width, tower.hidden)
      let scale = 1 / Float(width).squareRoot()
      let narrow = scale / Float(2 * tower.layers).squareRoot()
      func linear(_ name: String, _ shape: [Int], deviation: Float) {
        normal("\(name).weight", shape, deviation: deviation)
        constant("\(name).bias", [shape[0]], value: 0)
      }
      for layer in 0..<tower.layers {
        let prefix = "\(name).encoder.layers.\(layer)"
        norm("\(prefix).layer_norm1", width)
        norm("\(prefix).layer_norm2", width)
        linear("\(prefix).self_attn.qkv_proj", [3 * width, width], deviation: scale)
        linear("\(prefix).self_attn.out_proj", [width, width], deviation: narrow)
        linear("\(prefix).mlp.fc1", [hidden, width], deviation: 1 / Float(2 * width).squareRoot())
        linear("\(prefix).mlp.fc2", [width, hidden], deviation: narrow)
      }
    }

    let (vision, text) = (vision.width, text.width)
    let (visionScale, textScale) = (1 / Float(vision).squareRoot(), 1 / Float(text).squareRoot())
    // The order decides the random numbers of each tensor: it must not change.
    constant("logit_scale", [], value: Self.initialLogitScale)
    normal("text_model.embeddings.token_embedding.weight", [vocabularySize, text], deviation: 0.02)
    normal("text_model.embeddings.position_embedding.weight", [contextLength, text], deviation: 0.01)
    blocks("text_model", self.text)
    norm("text_model.final_layer_norm", text)
    normal("text_projection.weight", [embeddingWidth, text], deviation: textScale)

    let patch = 3 * patchSize * patchSize
    normal("vision_model.embeddings.class_embedding", [vision], deviation: visionScale)
    normal(Self.patchEmbedding, [vision, patch], deviation: 1 / Float(patch).squareRoot())
    normal("vision_model.embeddings.position_embedding.weight", [patchCount + 1, vision], deviation: visionScale)
    norm("vision_model.pre_layrnorm", vision)
    norm("vision_model.post_layernorm", vision)
    blocks("vision_model", self.vision)
    normal("visual_projection.weight", [embeddingWidth, vision], deviation: visionScale)
    return plans
  }

  /// The number of elements that a model of this size learns.
  /// - Parameter vocabularySize: the number of pieces of the tokenizer, such as ``Vocabulary/xlmV``.
  public func parameterCount(vocabularySize: Int) -> Int {
    parameterPlans(vocabularySize: vocabularySize).reduce(0) { $0 + $1.count }
  }

  /// The name of the patch convolution's weight.
  static let patchEmbedding = "vision_model.embeddings.patch_embedding.weight"

  /// ln(1 / 0.07). Source: MetaCLIP 2, §6.
  static let initialLogitScale = 2.659_260_036_932_778
}
