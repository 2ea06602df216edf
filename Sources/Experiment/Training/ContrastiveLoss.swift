internal import Core
package import Tensor

/// The symmetric contrastive loss of pictures with several texts each.
///
/// Each text is contrasted with the other pictures, and each picture with the other pictures' texts: neither the other
/// texts of a picture nor equal texts of other pictures count against it. With one text a picture, it is CLIP's loss
/// (arXiv 2103.00020, §2.3).
package struct ContrastiveLoss {
  /// For each text the position of its picture.
  package let owners: [Int]
  /// For each text a number that equal texts share.
  package let texts: [Int]

  /// - Parameters:
  ///   - owners: for each text the position of its picture.
  ///   - texts: as many numbers, equal for equal texts.
  package init(owners: [Int], texts: [Int]) {
    precondition(owners.count == texts.count, "every text has an owner")
    self.owners = owners
    self.texts = texts
  }

  /// Computes the loss of one batch.
  /// - Parameters:
  ///   - pictures: rows of length 1, float32 `[pictures, embedding]`.
  ///   - encodedTexts: the same, `[texts, embedding]`.
  ///   - logitScale: float32, a scalar; its exponential multiplies the cosines.
  /// - Returns: a scalar: the mean of the two directions.
  package func callAsFunction(pictures: Tensor, texts encodedTexts: Tensor, logitScale: Tensor) throws -> Tensor {
    let count = pictures.shape[0]
    let textCount = owners.count
    let logits = try pictures.matmul(encodedTexts.transposed()) * logitScale.exp()
    let (own, equal) = masks(count)
    let owner = try Tensor.from(owners.map(Int64.init))
    let positives = try logits.gathered(0, owner.reshaped(1, textCount)).reshaped(textCount)

    // Text → pictures: all pictures but those with an equal text.
    let rivals = try logits.filled(
      where: Tensor.from(equal, shape: [count, textCount]).equals(.full([], 1, type: .uint8)), with: -1e9)
    let toPictures = try (rivals.logSumExp(0) - positives).mean()
    // Picture → texts: each own text against the texts of other pictures.
    let others = try rivals.filled(
      where: Tensor.from(own, shape: [count, textCount]).equals(.full([], 1, type: .uint8)), with: -1e9
    )
    .logSumExp(1).selecting(owner)
    let toTexts = try (positives.logAddExp(others) - positives).mean()
    return try (toPictures + toTexts) * 0.5
  }

  /// Two masks `[pictures, texts]`: 1 where a text is the picture's own, and 1 where it is another picture's but equal
  /// to one of the picture's own.
  private func masks(_ count: Int) -> (own: [UInt8], equal: [UInt8]) {
    var own = [UInt8](repeating: 0, count: count * owners.count)
    var equal = own
    var holders: [Int: [Int]] = [:]
    for (text, owner) in owners.enumerated() {
      own[owner * owners.count + text] = 1
      holders[texts[text], default: []].append(owner)
    }
    for (text, owner) in owners.enumerated() {
      for other in holders[texts[text]] ?? [] where other != owner { equal[other * owners.count + text] = 1 }
    }
    return (own, equal)
  }
}
