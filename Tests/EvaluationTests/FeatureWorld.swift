import ArtifactTypes
import Core
import Foundation
import Synchronization
import Tensor
import TestSupport

/// Feature vectors and pairs that a test makes, in a folder of their own.
final class FeatureWorld: Sendable {
  let folder: String
  private let noted = Mutex<[String]>([])

  init() throws {
    folder = try temporaryFolder("features")
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// A fresh folder in the world's.
  func subfolder() throws -> String {
    let path = folder + "/" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  func context() throws -> StageContext {
    StageContext(scratch: try subfolder(), threads: 1) { report in
      if case .note(let text) = report { self.noted.withLock { $0.append(text) } }
    }
  }

  /// The notes of the stages.
  var notes: [String] { noted.withLock { $0 } }

  /// Clouds of points around a centre for each class; row n belongs to class n modulo `classes` and has the id `p<n>`.
  static func clouds(_ count: Int, classes: Int, dimension: Int, noise: Float, key: UInt64) -> (
    features: [Float], labels: [Int]
  ) {
    var generator = CounterGenerator(key)
    let centres = (0..<classes * dimension).map { _ in generator.normals().0 }
    let labels = (0..<count).map { $0 % classes }
    return (
      labels.flatMap { label in (0..<dimension).map { centres[label * dimension + $0] + noise * generator.normals().0 }
      }, labels
    )
  }

  func embeddings(_ features: [Float], dimension: Int, prefix: String = "p") throws -> Embeddings {
    try Embeddings(
      ids: (0..<features.count / dimension).map { "\(prefix)\($0)" }, vectors: features, dimension: dimension,
      folder: subfolder()
    )
  }

  func pairs(_ groups: [String?], prefix: String = "p") throws -> Pairs {
    let writer = try PairsWriter(path: subfolder() + "/pairs.jsonl")
    for (number, group) in groups.enumerated() {
      let id = "\(prefix)\(number)"
      try writer.write(
        Pair(id: id, image: id, texts: [PairText(group ?? "none", field: "name", language: "en")], group: group))
    }
    return try writer.finish()
  }
}
