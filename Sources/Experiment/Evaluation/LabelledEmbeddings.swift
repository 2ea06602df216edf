package import ArtifactTypes
package import Core

/// Feature vectors whose classes are known.
package struct LabelledEmbeddings {
  /// The pictures' ids in order.
  package private(set) var ids: [String] = []
  /// Row-major, `[ids.count, dimension]`.
  package private(set) var features: [Float] = []
  /// Each row's class, a position among the classes.
  package private(set) var labels: [Int] = []
  /// The number of elements of a feature vector.
  package let dimension: Int

  /// The classes that pairs name, in the order of their UTF-8 bytes, and the position of each picture's class among
  /// them.
  /// - Throws: ``OperationError`` for a picture that two pairs put into different classes, and when there are not two
  ///   classes.
  package static func classes(
    _ pairs: Pairs, _ label: ClassLabel, operation: String
  ) throws -> (names: [String], ofPicture: [String: Int]) {
    var found: [String: String] = [:]
    // swift-format-ignore: ReplaceForEachWithForLoop
    try pairs.forEach { pair in
      guard let name = label.name(of: pair) else { return }
      if let other = found.updateValue(name, forKey: pair.image), other != name {
        throw OperationError(
          operation: operation, subject: pair.image,
          cause: "its pairs put it into two classes, “\(other)” and “\(name)”")
      }
    }

    let names = Set(found.values).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    guard names.count > 1 else {
      throw OperationError(
        operation: operation, subject: "\(found.count) pictures with a class",
        cause: names.isEmpty
          ? "no pair names a class by \(label): choose another label"
          : "all are in one class, “\(names[0])”: two are needed")
    }

    let positions = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
    return (names, found.compactMapValues { positions[$0] })
  }

  /// Joins vectors with their classes; vectors without a class are left out and noted.
  /// - Parameters:
  ///   - classOf: the position of each picture's class among the classes.
  ///   - operation: for errors.
  /// - Throws: ``OperationError`` when an id occurs twice, a vector has a number that is not finite, or no id has a
  ///   class.
  package init(
    _ embeddings: Embeddings, classOf: [String: Int], operation: String, context: StageContext
  ) throws {
    let (elements, dimension) = try embeddings.vectors()
    let all = try embeddings.ids()
    self.dimension = dimension
    guard all.count * dimension == elements.count else {
      throw OperationError(
        operation: operation, subject: "\(all.count) ids",
        cause: "there are \(elements.count / max(dimension, 1)) vectors")
    }

    // A single number that is not finite would spoil every weight of a fit.
    let broken = all.indices.filter { !elements[($0 * dimension)..<(($0 + 1) * dimension)].allSatisfy(\.isFinite) }
    if let first = broken.first {
      throw OperationError(
        operation: operation, subject: all[first],
        cause: """
          its vector has a number that is not finite, as \(broken.count) of \(all.count) have: the model is damaged
          """)
    }

    var seen: Set<String> = []
    for (row, id) in all.enumerated() {
      guard seen.insert(id).inserted else {
        throw OperationError(operation: operation, subject: id, cause: "two vectors have this id")
      }
      guard let label = classOf[id] else { continue }
      ids.append(id)
      labels.append(label)
      features += elements[(row * dimension)..<((row + 1) * dimension)]
    }

    guard !ids.isEmpty else {
      let example = all.first.flatMap { id in
        classOf.keys.min().map { ": the vectors' are like “\(id)”, the pairs' like “\($0)”" }
      }
      throw OperationError(
        operation: operation, subject: "\(all.count) vectors and \(classOf.count) pictures with a class",
        cause: "they have no id in common" + (example ?? ""))
    }
    if ids.count < all.count {
      context.note("\(all.count - ids.count) of \(all.count) vectors have no class and are left out")
    }
  }

  /// Checks that tests come from the model of the examples.
  /// - Throws: ``OperationError`` when the vectors of the two have other numbers of elements.
  func requireDimension(of examples: LabelledEmbeddings, operation: String) throws {
    guard dimension != examples.dimension else { return }
    throw OperationError(
      operation: operation, subject: "vectors of \(examples.dimension) and of \(dimension) numbers",
      cause: "examples and tests must come from one model")
  }

  /// Some rows, `[positions.count, dimension]`, in the order of their positions.
  package func features(at positions: [Int]) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(positions.count * dimension)
    for position in positions { result += features[(position * dimension)..<((position + 1) * dimension)] }
    return result
  }

  /// The positions of each class's rows, ascending.
  /// - Parameter classes: the number of classes.
  package func byClass(_ classes: Int) -> [[Int]] {
    var result = [[Int]](repeating: [], count: classes)
    for (position, label) in labels.enumerated() { result[label].append(position) }
    return result
  }

  /// The positions of each class's rows in an order that depends only on the seed, the draw and their ids.
  /// - Parameters:
  ///   - classes: the number of classes.
  ///   - number: that of the draw.
  package func shuffledByClass(_ classes: Int, _ draws: KeyedDraw, number: Int) -> [[Int]] {
    byClass(classes).map { rows in
      rows.map { (draws.bits(ids[$0], number), $0) }
        .sorted { $0.0 != $1.0 ? $0.0 < $1.0 : ids[$0.1].utf8.lexicographicallyPrecedes(ids[$1.1].utf8) }.map(\.1)
    }
  }
}
