public import ArtifactTypes
public import Core
internal import Counting

/// Hashes pictures so that those that look alike differ in few bits: signs of 64 random projections.
///
/// A picture is put over mid-grey, averaged to `side` by `side` points, and each colour's mean subtracted, so that
/// brightness and tint do not count. The chance that a bit differs is the angle between two pictures divided by π, so
/// that the distance does not depend on their contrast. Embeddings, less their mean over the set, are used instead of
/// pixels where they are given. A picture without features, such as one of one colour, gets no hash: all of them
/// would be duplicates of each other.
///
/// Sources: Charikar, “Similarity estimation techniques from rounding algorithms”, 2002; MetaCLIP 2, §4, which
/// removes evaluation pictures by such hashes.
public struct HashPictures: Stage {
  /// The pictures to hash; `nil` when embeddings are given.
  public var pictures: PictureSet?
  /// The embeddings of the pictures to hash; used only without `pictures`.
  public var embeddings: Embeddings?
  /// The number of points in both directions to which pictures are averaged; at most that of the pictures' pixels.
  public var side = 16
  /// The smallest contrast of a picture with a hash: the root mean square difference of its points from their mean
  /// colour, 0...255.
  public var minimumContrast = 2.0
  /// The seed of the projections: equal seeds and dimensions give equal hashes of equal pictures.
  public var seed = 0

  /// A stage that hashes the pixels of pictures.
  public init(pictures: PictureSet, seed: Int = 0) {
    self.pictures = pictures
    self.seed = seed
  }

  /// A stage that hashes embeddings of pictures.
  public init(embeddings: Embeddings, seed: Int = 0) {
    self.embeddings = embeddings
    self.seed = seed
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Hashes the pictures, on all threads; the hashes keep the pictures' order.
  /// - Throws: ``OperationError`` when neither pictures nor embeddings are given, or a file is damaged.
  public func run(_ context: StageContext) async throws -> PictureHashes {
    let ids: [String]
    let hashes: [UInt64?]
    if let pictures {
      let opened = try pictures.open()
      let points = PicturePoints(width: opened.width, height: opened.height, side: side)
      let projections = SignProjections(dimension: points.count * 3, seed: seed)
      let minimum = minimumContrast
      ids = opened.ids
      let hash: @Sendable (Int) -> UInt64? = { position in
        opened.withPixels(at: position) { points.features($0, minimumContrast: minimum).map(projections.hash) }
      }
      hashes = try await concurrentMap(
        count: ids.count, threads: context.threads, progress: { context.progress($0, of: opened.count, "pictures") },
        hash)
    } else if let embeddings {
      ids = try embeddings.ids()
      let (elements, dimension) = try embeddings.vectors()
      let mean = Self.mean(elements, dimension: dimension)
      let projections = SignProjections(dimension: dimension, seed: seed)
      hashes = try await concurrentMap(count: ids.count, threads: context.threads) { position in
        let vector = (0..<dimension).map { elements[position * dimension + $0] - mean[$0] }
        return vector.contains { abs($0) > 1e-6 } ? projections.hash(vector) : nil
      }
    } else {
      throw OperationError(operation: "hash pictures", subject: "pictures and embeddings", cause: "give one of them")
    }

    let found = zip(ids, hashes).compactMap { id, hash in hash.map { (id: id, hash: $0) } }
    let flat = ids.count - found.count
    context.measure("pictures hashed", Double(found.count))
    if flat > 0 {
      context.note("\(flat) pictures have no features, such as those of one colour, and so no hash")
    }
    return try PictureHashes.write(found, folder: context.scratch)
  }

  /// The mean vector.
  private static func mean(_ elements: [Float], dimension: Int) -> [Float] {
    var sums = [Double](repeating: 0, count: dimension)
    for (position, element) in elements.enumerated() { sums[position % dimension] += Double(element) }
    let count = max(1, elements.count / max(1, dimension))
    return sums.map { Float($0 / Double(count)) }
  }
}

/// Averages the pixels of pictures of one size to fewer points.
struct PicturePoints: Sendable {
  private let width, height: Int
  private let columns, rows: [Range<Int>]

  /// The number of points.
  var count: Int { columns.count * rows.count }

  /// - Parameters:
  ///   - width: the width of the pictures in pixels.
  ///   - height: their height in pixels.
  ///   - side: the number of points in both directions; that of the pixels where these are fewer.
  init(width: Int, height: Int, side: Int) {
    func cuts(_ size: Int) -> [Range<Int>] {
      let parts = max(1, min(side, size))
      return (0..<parts).map { $0 * size / parts..<($0 + 1) * size / parts }
    }
    self.width = width
    self.height = height
    columns = cuts(width)
    rows = cuts(height)
  }

  /// Red, green and blue of the points, `[rows, columns, 3]`, each less its mean; `nil` for a picture of less contrast.
  /// - Parameters:
  ///   - pixels: `[height, width, 4]`, red green blue alpha.
  ///   - minimumContrast: the smallest root mean square of the features.
  func features(_ pixels: UnsafeBufferPointer<UInt8>, minimumContrast: Double) -> [Float]? {
    var features = [Float](repeating: 0, count: count * 3)
    var total = SIMD4<Float>.zero
    for (y, row) in rows.enumerated() {
      for (x, column) in columns.enumerated() {
        var sum = SIMD4<Float>.zero
        for line in row {
          for position in column {
            let pixel = (line * width + position) * 4
            let alpha = Float(pixels[pixel + 3]) / 255
            let colour = SIMD4(Float(pixels[pixel]), Float(pixels[pixel + 1]), Float(pixels[pixel + 2]), 0)
            sum += colour * alpha + SIMD4(128, 128, 128, 0) * (1 - alpha)
          }
        }
        sum /= Float(row.count * column.count)
        total += sum
        for channel in 0..<3 { features[(y * columns.count + x) * 3 + channel] = sum[channel] }
      }
    }

    let mean = total / Float(count)
    var squares = 0.0
    for position in features.indices {
      features[position] -= mean[position % 3]
      squares += Double(features[position]) * Double(features[position])
    }
    return (squares / Double(features.count)).squareRoot() < minimumContrast ? nil : features
  }
}
