public import ArtifactTypes
public import Core
internal import Foundation
internal import Imaging
internal import Tensor
internal import Training

/// How close pictures are to their texts, and how evenly pictures fill the space: lower is better for both.
///
/// Alignment is the mean of ‖f(x) − g(y)‖² over pairs of a picture and a text, with the 95 % interval of a mean; uniformity is
/// log of the mean of exp(−2 ‖f(xᵢ) − f(xⱼ)‖²) over pairs of different pictures. Output: a table with a row for each language;
/// the uniformity of a single picture is empty.
/// Source: Wang and Isola, 2020 (arXiv 2005.10242), as MetaCLIP 2 uses it.
public struct AlignmentUniformity: Stage {
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  public var checkpoint: Checkpoint
  public var tokenizer: Tokenizer
  /// Pixels; `nil` where the pictures come from ``folder``.
  public var pictures: PictureSet?
  /// Encoded pictures, as for `EncodePictures`: all are encoded. One that cannot be decoded is noted, and nothing is asked about it.
  public var folder: InputFolder? {
    didSet { decoder = folder.map { _ in Vips.decoders } }
  }
  /// What decodes the pictures of ``folder``, such as `libvips 8.14.1, libjpeg-turbo 2.1.5`; `nil` without one.
  public private(set) var decoder: String?
  /// As `ReadWebDataset.keysAreLocal`, for ``folder``.
  public var keysAreLocal = false
  public var captions: Pairs
  /// Only these languages; all that the captions have when empty.
  public var languages: [String] = []
  /// Only texts of these fields; of all when empty.
  public var fields: [String] = []
  /// How many pictures of a language count at most: the first ones. Source of the value: MetaCLIP 2's 5k held-out pairs.
  public var maximumPictures = 5000
  /// How many threads compute.
  public var threads = 2

  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, pictures: PictureSet, captions: Pairs) {
    self.checkpoint = checkpoint
    self.tokenizer = tokenizer
    self.pictures = pictures
    self.captions = captions
  }

  /// - Parameter folder: such as `InputFolder("data/shards", suffixes: [".tar"])`; see ``folder``.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, folder: InputFolder, captions: Pairs) {
    self.checkpoint = checkpoint
    self.tokenizer = tokenizer
    self.folder = folder
    decoder = Vips.decoders
    self.captions = captions
  }

  /// - Parameter path: a folder; its files with the endings `TrainCLIP.pictureSuffixes` are read.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, folder path: String, captions: Pairs) {
    let folder = InputFolder(path, suffixes: TrainCLIP.pictureSuffixes)
    self.init(checkpoint: checkpoint, tokenizer: tokenizer, folder: folder, captions: captions)
  }

  public func run(_ context: StageContext) async throws -> Table {
    guard maximumPictures > 0 else {
      throw OperationError(
        operation: "measure alignment", subject: "maximumPictures \(maximumPictures)", cause: "it has to be above 0")
    }
    let listed = try EvaluatedPictures(pictures, folder, keysAreLocal: keysAreLocal)
    func ask(_ pictures: EvaluatedPictures, _ context: StageContext) throws -> [LanguageTexts] {
      try LanguageTexts.collect(captions, pictures, languages: languages, fields: fields, context)
    }
    let opened = try await listed.encoded(checkpoint, threads: threads, context) { _ = try ask($0, $1) }
    let groups = try ask(opened, context)
    return try await Torch.inTurn {
      let model = try TrainedModel(checkpoint, tokenizer: tokenizer, threads: threads)
      let encoded = try opened.embeddings(model, Set(groups.flatMap { $0.entries.map(\.picture) }).sorted())
      var encoder = EvaluatedTexts(model)
      var table = Table(columns: [
        .init("language"), .init("pictures"), .init("pairs"), .init("alignment", style: .decimals(3)),
        .init("uniformity", style: .decimals(3)),
      ])
      for (done, group) in groups.enumerated() {
        let chosen = Set(group.pictures.positions.prefix(maximumPictures))
        let entries = group.entries.filter { chosen.contains($0.picture) }.flatMap { entry in
          entry.texts.map { (text: $0, picture: entry.picture) }
        }
        let distances = Self.squaredDistances(
          encoded[entries.map(\.picture)], try encoder.encode(entries.map(\.text)), dimension: model.dimension)
        guard distances.allSatisfy(\.isFinite) else {
          throw OperationError(
            operation: "measure alignment", subject: group.language,
            cause: "an embedding holds a number that is not finite: the model is damaged")
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
  package static func squaredDistances(_ left: [Float], _ right: [Float], dimension: Int) -> [Double] {
    stride(from: 0, to: left.count, by: dimension).map { start in
      (start..<(start + dimension)).reduce(0.0) { $0 + Double(left[$1] - right[$1]) * Double(left[$1] - right[$1]) }
    }
  }

  /// log of the mean of exp(−2 ‖xᵢ − xⱼ‖²) over i ≠ j; rows of length 1. Of fewer than two rows: 0.
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

  private static func mean(_ values: [Double]) -> Table.Cell {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / max(count, 1)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(count - 1, 1)
    let half = 1.959964 * (variance / max(count, 1)).squareRoot()
    return .interval(mean, low: mean - half, high: mean + half)
  }
}
