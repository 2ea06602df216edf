public import ArtifactTypes
public import Core
internal import Imaging
internal import Tensor
internal import Training

/// Finds pictures by their captions and captions by their pictures, in each language.
///
/// Text → picture counts every caption; picture → text hits when one of the picture's captions is among the first k. Output: a table with
/// a row for each language: language, script, pictures, texts, recall at 1, 5 and 10 both ways (shares with Wilson's 95 % interval, which
/// takes captions as independent), and chance, the text → picture recall at 1 of guessing. The single items: ``CollectOutcomes``. Source: MetaCLIP 2, §4 (XM3600).
public struct Retrieval: Stage {
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
  /// The captions: texts of pairs whose pictures are there.
  public var captions: Pairs
  /// Only these languages; all that the captions have when empty.
  public var languages: [String] = []
  /// Only texts of these fields; of all when empty.
  public var fields: [String] = []
  /// Where the script column comes from; empty cells without.
  public var scripts: Languages?
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

  /// What came of one language.
  struct Found {
    let language: String
    /// The pictures' ids.
    let pictures: [String]
    /// For each text the position of its picture in ``pictures``.
    let owners: [Int]
    /// The place of each text's picture among the pictures.
    let toPictures: [Int]
    /// The place of each picture's best text among the texts.
    let toTexts: [Int]
  }

  public func run(_ context: StageContext) async throws -> Table {
    let limits = [1, 5, 10]
    var table = Table(
      columns: [.init("language"), .init("script"), .init("pictures"), .init("texts")]
        + limits.map { .init("text → picture R@\($0)", style: .percent(1)) }
        + limits.map { .init("picture → text R@\($0)", style: .percent(1)) } + [.init("chance", style: .percent(2))])
    try await measure(context) { found in
      table.append(
        [
          .text(found.language), scripts?[found.language].map { .text($0.script) } ?? .empty,
          .integer(found.pictures.count),
          .integer(found.owners.count),
        ] + limits.map { Ranking.recall(found.toPictures, at: $0).cell }
          + limits.map { Ranking.recall(found.toTexts, at: $0).cell } + [.number(1 / Double(found.pictures.count))])
    }
    return table
  }

  /// Calls `body` with what came of each language.
  func measure(_ context: StageContext, _ body: (Found) throws -> Void) async throws {
    let listed = try EvaluatedPictures(pictures, folder, keysAreLocal: keysAreLocal)
    func ask(_ pictures: EvaluatedPictures, _ context: StageContext) throws -> [LanguageTexts] {
      try LanguageTexts.collect(captions, pictures, languages: languages, fields: fields, context)
    }
    let opened = try await listed.encoded(checkpoint, threads: threads, context) { _ = try ask($0, $1) }
    let groups = try ask(opened, context)
    let alone = groups.filter { $0.pictures.positions.count == 1 }.map(\.language)
    if !alone.isEmpty {
      context.note("languages with a single picture, which is always found: \(alone.joined(separator: ", "))")
    }
    try await Torch.inTurn {
      let model = try TrainedModel(checkpoint, tokenizer: tokenizer, threads: threads)
      let encoded = try opened.embeddings(model, Set(groups.flatMap { $0.entries.map(\.picture) }).sorted())
      var encoder = EvaluatedTexts(model)
      for (done, group) in groups.enumerated() {
        let (positions, positionOf) = group.pictures
        var texts: [String] = []
        var owners: [Int] = []
        var own = [[Int]](repeating: [], count: positions.count)
        for entry in group.entries {
          guard let place = positionOf[entry.picture] else { continue }
          for text in entry.texts {
            own[place].append(texts.count)
            owners.append(place)
            texts.append(text)
          }
        }
        let (pictureVectors, textVectors) = (encoded[positions], try encoder.encode(texts))
        let places = try Ranking.mutualPlaces(
          rows: textVectors, columns: pictureVectors, dimension: model.dimension, rowsCorrect: owners.map { [$0] },
          columnsCorrect: own)
        try body(
          Found(
            language: group.language, pictures: positions.map { opened.ids[$0] }, owners: owners,
            toPictures: places.rows,
            toTexts: places.columns))
        context.progress(done + 1, of: groups.count, "languages")
      }
      encoder.note(in: context)
    }
  }
}
