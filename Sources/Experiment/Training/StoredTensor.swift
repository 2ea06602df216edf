/// A tensor of a checkpoint's file, and the part of a parameter that it holds.
struct StoredTensor: Equatable, Sendable {
  /// The name that `MetaClip2Model` of the transformers library gives it.
  let name: String
  let shape: [Int]
  /// The parameter's elements that it holds, in row-major order.
  let elements: Range<Int>
}

extension ParameterPlan {
  /// The tensors of a file that hold this parameter, in the order of its elements: queries, keys and values apart,
  /// patches as squares.
  /// - Parameter patchSize: pixels of a patch's side.
  func stored(patchSize: Int) -> [StoredTensor] {
    if name == ModelConfiguration.patchEmbedding {
      return [StoredTensor(name: name, shape: [shape[0], 3, patchSize, patchSize], elements: 0..<count)]
    }
    guard name.contains(".qkv_proj.") else { return [StoredTensor(name: name, shape: shape, elements: 0..<count)] }
    let size = count / 3
    return ["q", "k", "v"].enumerated().map { index, letter in
      StoredTensor(
        name: name.replacing(".qkv_proj.", with: ".\(letter)_proj."), shape: [shape[0] / 3] + shape.dropFirst(),
        elements: (index * size)..<((index + 1) * size))
    }
  }
}

extension ModelConfiguration {
  /// All tensors of a checkpoint's file.
  func storedTensors(vocabularySize: Int) -> [StoredTensor] {
    parameterPlans(vocabularySize: vocabularySize).flatMap { $0.stored(patchSize: patchSize) }
  }
}
