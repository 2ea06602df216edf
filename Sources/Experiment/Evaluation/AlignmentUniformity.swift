public import ArtifactTypes
public import Core
internal import Foundation
public import Imaging
internal import Tensor
internal import Training

/// Measures the distance of pictures from their texts, and the evenness with which pictures fill the space: lower is
/// better for both.
///
/// Alignment is the mean of ‖f(x) − g(y)‖² over pairs of a picture and a text, with the 95 % interval of a mean;
/// uniformity is log of the mean of exp(−2 ‖f(xᵢ) − f(xⱼ)‖²) over pairs of different pictures. Output: a table with a
/// row for each language; the uniformity of a single picture is empty.
/// Source: Wang and Isola, 2020 (arXiv 2005.10242), as MetaCLIP 2 uses it.
public struct AlignmentUniformity: Stage {
  /// The digest of this module's sources and of what they depend on.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libtorch: another one may give other last bits.
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  /// The model.
  public var checkpoint: Checkpoint
  /// The tokenizer that the model was trained with.
  public var tokenizer: Tokenizer
  /// The pictures that are asked about. All encoded pictures of a folder are encoded by the model, as by
  /// `EncodePictures`; one that cannot be decoded is noted, and nothing is asked about it.
  public var pictures: PictureInput
  /// The captions: texts of pairs whose pictures are there.
  public var captions: Pairs
  /// Only these languages; all that the captions have when empty.
  public var languages: [String] = []
  /// Only texts of these fields; of all when empty.
  public var fields: [String] = []
  /// The largest number of pictures of a language that count, the first ones. Source of the value: MetaCLIP 2's 5k
  /// held-out pairs.
  public var maximumPictures = 5000
  /// The number of threads that compute.
  public var threads = 2

  /// A measurement with any pictures.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, pictures: PictureInput, captions: Pairs) {
    self.checkpoint = checkpoint
    self.tokenizer = tokenizer
    self.pictures = pictures
    self.captions = captions
  }

  /// A measurement with a set of pixels.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, pictures: PictureSet, captions: Pairs) {
    self.init(checkpoint: checkpoint, tokenizer: tokenizer, pictures: .set(pictures), captions: captions)
  }

  /// A measurement with encoded pictures.
  /// - Parameter folder: such as `InputFolder("data/shards", suffixes: [".tar"])`; see `PictureFolder`.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, folder: InputFolder, captions: Pairs) {
    self.init(checkpoint: checkpoint, tokenizer: tokenizer, pictures: .folder(folder), captions: captions)
  }

  /// A measurement with encoded pictures.
  /// - Parameter path: a folder; its files with the endings `TrainCLIP.pictureSuffixes` are read.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, folder path: String, captions: Pairs) {
    self.init(checkpoint: checkpoint, tokenizer: tokenizer, pictures: .folder(path), captions: captions)
  }

  /// Encodes pictures and captions and measures them.
  /// - Throws: ``OperationError`` when no pair has one of the pictures, none can be decoded, or the checkpoint is
  ///   damaged; `CancellationError`.
  public func run(_ context: StageContext) async throws -> Table {
    guard maximumPictures > 0 else {
      throw OperationError(
        operation: "measure alignment", subject: "maximumPictures \(maximumPictures)", cause: "it must be above 0")
    }

    let (opened, groups) = try await EvaluatedPictures.open(
      pictures, checkpoint: checkpoint, threads: threads, context: context
    ) { pictures, context in
      try LanguageTexts.collect(captions, pictures, languages: languages, fields: fields, context: context)
    }

    return try await Torch.inTurn {
      let model = try TrainedModel(checkpoint, tokenizer: tokenizer, threads: threads)
      let encoded = try opened.embeddings(model, Set(groups.flatMap { $0.entries.map(\.picture) }).sorted())
      var encoder = EvaluatedTexts(model)
      var table = Table(columns: [
        .init("language"), .init("pictures"), .init("pairs"), .init("alignment", style: .decimals(3)),
        .init("uniformity", style: .decimals(3)),
      ])

      for (done, group) in groups.enumerated() {
        // The first pictures of the language, with all of their texts.
        let chosen = Set(group.pictures.positions.prefix(maximumPictures))
        let entries = group.entries.filter { chosen.contains($0.picture) }.flatMap { entry in
          entry.texts.map { (text: $0, picture: entry.picture) }
        }
        let distances = Self.squaredDistances(
          encoded[entries.map(\.picture)], try encoder.encode(entries.map(\.text)), dimension: model.dimension)
        guard distances.allSatisfy(\.isFinite) else {
          throw OperationError(
            operation: "measure alignment", subject: group.language,
            cause: "an embedding has a number that is not finite: the model is damaged")
        }

        table.append([
          .text(group.language), .integer(chosen.count), .integer(entries.count), Self.mean(distances),
          chosen.count > 1
            ? .number(try Self.uniformity(encoded[chosen.sorted()], dimension: model.dimension)) : .empty,
        ])
        context.progress(done + 1, of: groups.count, "languages")
      }

      encoder.note(in: context)
      return table
    }
  }

  /// ‖a − b‖² of each pair of rows.
  /// - Parameters:
  ///   - left: `[rows, dimension]`.
  ///   - right: as many rows.
  /// - Returns: one number for each row.
  package static func squaredDistances(_ left: [Float], _ right: [Float], dimension: Int) -> [Double] {
    stride(from: 0, to: left.count, by: dimension).map { start in
      (start..<(start + dimension)).reduce(0.0) { $0 + Double(left[$1] - right[$1]) * Double(left[$1] - right[$1]) }
    }
  }

  /// log of the mean of exp(−2 ‖xᵢ − xⱼ‖²) over i ≠ j; 0 for fewer than two rows.
  /// - Parameter rows: of length 1, `[rows, dimension]`.
  package static func uniformity(_ rows: [Float], dimension: Int) throws -> Double {
    let count = rows.count / dimension
    guard count > 1 else { return 0 }
    return try Torch.withoutGradients {
      let tensor = try Tensor.from(rows, shape: [count, dimension])
      var sum = 0.0
      for start in stride(from: 0, to: count, by: 512) {
        let part = try tensor.slice(0, start..<min(start + 512, count))
        // For rows of length 1, ‖x − y‖² = 2 − 2 x · y.
        sum += try ((part.matmul(tensor.transposed()) - 1) * 4).exp().cast(.float64).sum().item()
      }
      return log((sum - Double(count)) / (Double(count) * Double(count - 1)))
    }
  }

  /// The mean with its 95 % interval, the values taken as normally distributed.
  private static func mean(_ values: [Double]) -> Table.Cell {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / max(count, 1)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(count - 1, 1)
    let half = 1.959964 * (variance / max(count, 1)).squareRoot()
    return .interval(mean, low: mean - half, high: mean + half)
  }
}
