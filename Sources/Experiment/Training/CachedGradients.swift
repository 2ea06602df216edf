package import Tensor

/// The gradient of a loss over a large batch, in the memory of a small one.
///
/// All parts are encoded without gradients first; the loss of all features together gives the gradient of each feature.
/// Then each part is encoded again, and its features' gradients are passed on to the parameters, where they add up.
/// This way a contrastive loss sees every pair of the large batch, which a sum of the parts' own losses would not.
/// Source: Gao et al., 2021 (arXiv 2101.06983), §3.
package enum CachedGradients {
  /// Adds the gradients of the loss to all that the parts and the loss depend on.
  /// - Parameters:
  ///   - pictures, texts: each encodes one part, `[rows, embedding]`, and returns the same when it is called again.
  ///   - loss: a scalar from all pictures' and all texts' rows, in the order of the parts.
  /// - Returns: the loss.
  package static func backward(
    pictures: [() throws -> Tensor], texts: [() throws -> Tensor],
    loss: (_ pictures: Tensor, _ texts: Tensor) throws -> Tensor
  ) throws -> Double {
    let (allPictures, allTexts) = (try features(pictures), try features(texts))
    let value = try loss(allPictures, allTexts)
    try value.backward()
    if let gradient = try allPictures.gradient { try propagate(gradient, through: pictures) }
    if let gradient = try allTexts.gradient { try propagate(gradient, through: texts) }
    return try value.item()
  }

  /// The parts' rows outside the graph, with a gradient of their own.
  static func features(_ parts: [() throws -> Tensor]) throws -> Tensor {
    try Torch.withoutGradients { try Tensor.concatenate(parts.map { try $0() }) }.requiringGradient()
  }

  /// Adds the share of the parts to the gradients of all that they depend on.
  /// - Parameter gradient: that of the parts' rows, `[rows, embedding]`.
  static func propagate(_ gradient: Tensor, through parts: [() throws -> Tensor]) throws {
    var start = 0
    for part in parts {
      let encoded = try part()
      let end = start + encoded.shape[0]
      // The gradient of this sum by the parameters is that of the loss.
      try (encoded * gradient.slice(0, start..<end)).sum().backward()
      start = end
    }
  }
}
