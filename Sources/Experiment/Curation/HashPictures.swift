public import ArtifactTypes
public import Core
internal import Counting

/// Hashes pictures so that those that look alike differ in few bits: signs of 64 random projections.
///
/// A picture is put over mid-grey, averaged to `side` by `side` points, and each colour's mean subtracted, so that brightness and tint do not
/// count. The chance that a bit differs is the angle between two pictures by π, so that the distance says how alike they are whatever
/// their contrast. Embeddings are taken instead of pixels where they are given, less their mean over the set. What has nothing to be told
/// apart by, such as a picture of one colour, gets no hash: all of them would be duplicates of each other.
///
/// Sources: Charikar, “Similarity estimation techniques from rounding algorithms”, 2002; MetaCLIP 2, §4, which removes evaluation
/// pictures by such hashes.
public struct HashPictures: Stage {
  public var pictures: PictureSet?
  public var embeddings: Embeddings?
  /// To how many points in both directions pictures are averaged; at most that of the pictures.
  public var side = 16
  /// Pictures whose points differ by less than this from their mean colour, as the square root of the mean square in 0...255, get no hash.
  public var minimumContrast = 2.0
  public var seed = 0

  public init(pictures: PictureSet, seed: Int = 0) {
    self.pictures = pictures
    self.seed = seed
  }

  public init(embeddings: Embeddings, seed: Int = 0) {
    self.embeddings = embeddings
    self.seed = seed
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

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
      context.note("\(flat) pictures have nothing to be told apart by, such as those of one colour, and no hash")
    }
    return try PictureHashes.write(found, folder: context.scratch)
  }

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

  /// How many points there are.
  var count: Int { columns.count * rows.count }

  /// - Parameter side: how many points in both directions, where there are as many pixels.
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

  /// Red, green and blue of the points, each less its mean; `nil` for a picture of less contrast.
  /// - Parameter pixels: `[height, width, 4]`, red green blue alpha.
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
