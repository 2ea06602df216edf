internal import CTorch
package import Core
internal import Foundation

/// Adam with decoupled weight decay, over all parameters in one pass.
///
/// Parameters of fewer than two dimensions are not decayed. Source: Loshchilov and Hutter, 2019 (arXiv 1711.05101), algorithm 2; the
/// decay is multiplied by the learning rate.
package struct AdamW {
  package struct Settings: Sendable {
    /// Source of the defaults: MetaCLIP 2's worldwide training.
    package var beta1 = 0.9
    package var beta2 = 0.95
    package var epsilon = 1e-6
    package var weightDecay = 0.1
    /// The largest norm of all gradients together; 0 for no limit.
    package var maximumNorm = 0.0

    package init() {}
  }

  package let settings: Settings
  let parameters: [Tensor]
  /// The running means of the gradients and of their squares, one of each for every parameter.
  var first: [Tensor]
  var second: [Tensor]
  private let decays: [Bool]
  /// How many steps were made.
  package internal(set) var steps = 0

  /// - Parameter parameters: contiguous float32.
  package init(_ parameters: Parameters, _ settings: Settings = Settings()) throws(OperationError) {
    self.settings = settings
    self.parameters = parameters.all.map(\.tensor)
    var first: [Tensor] = []
    var second: [Tensor] = []
    for tensor in self.parameters {
      first.append(try .zeros(tensor.shape))
      second.append(try .zeros(tensor.shape))
    }
    self.first = first
    self.second = second
    decays = self.parameters.map { $0.shape.count >= 2 }
  }

  /// Moves every parameter that has a gradient, then clears the gradients.
  /// - Returns: the norm of all gradients together, before it was limited.
  @discardableResult
  package mutating func step(learningRate: Double) throws(OperationError) -> Double {
    steps += 1
    var arguments = ctorch_adamw(
      learning_rate: learningRate, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
      weight_decay: settings.weightDecay, maximum_norm: settings.maximumNorm, step: Int64(steps))
    var norm = 0.0
    try Torch.perform("AdamW", []) {
      $0.adamw(
        &arguments, parameters.map { $0.handle }, first.map { $0.handle }, second.map { $0.handle },
        decays, Int32(parameters.count), &norm, $1)
    }
    for tensor in parameters { try tensor.clearGradient() }
    return norm
  }
}

/// A learning rate that rises linearly, then falls along half a cosine to 0.
package struct WarmUpCosine: Sendable {
  package let peak: Double
  package let warmUpSteps: Int
  package let steps: Int

  package init(peak: Double, warmUpSteps: Int, steps: Int) {
    self.peak = peak
    self.warmUpSteps = warmUpSteps
    self.steps = steps
  }

  /// - Parameter step: from 0.
  package func rate(at step: Int) -> Double {
    if step < warmUpSteps { return peak * Double(step + 1) / Double(warmUpSteps) }
    let part = Double(step - warmUpSteps) / Double(max(steps - warmUpSteps, 1))
    return peak * 0.5 * (1 + cos(.pi * min(part, 1)))
  }
}
