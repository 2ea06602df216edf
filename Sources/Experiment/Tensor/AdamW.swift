internal import CTorch
package import Core
internal import Foundation

/// Adam with decoupled weight decay, over all parameters in one pass.
///
/// Parameters of fewer than two dimensions are not decayed. Source: Loshchilov and Hutter, 2019 (arXiv 1711.05101),
/// algorithm 2; the decay is multiplied by the learning rate.
package struct AdamW {
  /// The constants of the update. Source of the defaults: MetaCLIP 2's worldwide training.
  package struct Settings: Sendable {
    /// The decay of the mean of the gradients, from 0 to 1.
    package var beta1 = 0.9
    /// The decay of the mean of the squared gradients, from 0 to 1.
    package var beta2 = 0.95
    /// The number that is added to the denominator, above 0.
    package var epsilon = 1e-6
    /// The share of a parameter that a step at learning rate 1 takes away.
    package var weightDecay = 0.1
    /// The largest norm of all gradients together; 0 for no limit.
    package var maximumNorm = 0.0

    /// The defaults.
    package init() {}
  }

  /// The constants of the update.
  package let settings: Settings
  let parameters: [Tensor]
  /// The running means of the gradients, one for each parameter.
  var first: [Tensor]
  /// The running means of the squared gradients, one for each parameter.
  var second: [Tensor]
  private let decays: [Bool]
  /// The number of steps so far.
  package internal(set) var steps = 0

  /// An optimiser before its first step.
  /// - Parameter parameters: contiguous float32.
  /// - Throws: ``OperationError`` without libtorch.
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

  /// Moves every parameter that has a gradient, and then clears the gradients.
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
  /// The largest rate, that of the last step of the warm-up.
  package let peak: Double
  /// The number of steps in which the rate rises; may be 0.
  package let warmUpSteps: Int
  /// The number of all steps, with those of the warm-up.
  package let steps: Int

  /// A schedule; after its last step the rate stays at 0.
  package init(peak: Double, warmUpSteps: Int, steps: Int) {
    self.peak = peak
    self.warmUpSteps = warmUpSteps
    self.steps = steps
  }

  /// The learning rate of a step.
  /// - Parameter step: from 0.
  package func rate(at step: Int) -> Double {
    if step < warmUpSteps { return peak * Double(step + 1) / Double(warmUpSteps) }
    let part = Double(step - warmUpSteps) / Double(max(steps - warmUpSteps, 1))
    return peak * 0.5 * (1 + cos(.pi * min(part, 1)))
  }
}
