public import ArtifactTypes
public import Core
public import Imaging
internal import Tensor
internal import Training

/// Finds pictures by their captions and captions by their pictures, in each language.
///
/// Text → picture counts every caption; picture → text hits when one of the picture's captions is among the first k.
/// Output: a table with a row for each language: language, script, pictures, texts, recall at 1, 5 and 10 both ways
/// (shares with Wilson's 95 % interval, which takes captions as independent), and chance, the text → picture recall at
/// 1 of guessing. The single items: ``CollectOutcomes``. Source: MetaCLIP 2, §4 (XM3600).
public struct Retrieval: Stage {
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
  /// The languages with their scripts; with `nil`, the cells of the script column are empty.
  public var scripts: Languages?
  /// The number of threads that compute.
  public var threads = 2

  /// A retrieval with any pictures.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, pictures: PictureInput, captions: Pairs) {
    self.checkpoint = checkpoint
    self.tokenizer = tokenizer
    self.pictures = pictures
    self.captions = captions
  }

  /// A retrieval with a set of pixels.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, pictures: PictureSet, captions: Pairs) {
    self.init(checkpoint: checkpoint, tokenizer: tokenizer, pictures: .set(pictures), captions: captions)
  }

  /// A retrieval with encoded pictures.
  /// - Parameter folder: such as `InputFolder("data/shards", suffixes: [".tar"])`; see `PictureFolder`.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, folder: InputFolder, captions: Pairs) {
    self.init(checkpoint: checkpoint, tokenizer: tokenizer, pictures: .folder(folder), captions: captions)
  }

  /// A retrieval with encoded pictures.
  /// - Parameter path: a folder; its files with the endings `TrainCLIP.pictureSuffixes` are read.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, folder path: String, captions: Pairs) {
    self.init(checkpoint: checkpoint, tokenizer: tokenizer, pictures: .folder(path), captions: captions)
  }

  /// The places of the right pictures and texts in one language.
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

  /// Ranks pictures and captions in each language.
  /// - Throws: ``OperationError`` when no pair has one of the pictures, none can be decoded, or the checkpoint is
  ///   damaged; `CancellationError`.
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
          .integer(found.pictures.count), .integer(found.owners.count),
        ] + limits.map { Ranking.recall(found.toPictures, at: $0).cell }
          + limits.map { Ranking.recall(found.toTexts, at: $0).cell } + [.number(1 / Double(found.pictures.count))])
    }
    return table
  }

  /// Calls `body` with the places in each language.
  func measure(_ context: StageContext, _ body: (Found) throws -> Void) async throws {
    let (opened, groups) = try await EvaluatedPictures.open(
      pictures, checkpoint: checkpoint, threads: threads, context: context
    ) { pictures, context in
      try LanguageTexts.collect(captions, pictures, languages: languages, fields: fields, context: context)
    }
    let single = groups.filter { $0.pictures.positions.count == 1 }.map(\.language)
    if !single.isEmpty {
      context.note("languages with a single picture, which is always found: \(single.joined(separator: ", "))")
    }

    try await Torch.inTurn {
      let model = try TrainedModel(checkpoint, tokenizer: tokenizer, threads: threads)
      let encoded = try opened.embeddings(model, Set(groups.flatMap { $0.entries.map(\.picture) }).sorted())
      var encoder = EvaluatedTexts(model)
      for (done, group) in groups.enumerated() {
        let (positions, placeOf) = group.pictures
        // For each text its picture, and for each picture its texts.
        var texts: [String] = []
        var owners: [Int] = []
        var own = [[Int]](repeating: [], count: positions.count)
        for entry in group.entries {
          guard let place = placeOf[entry.picture] else { continue }
          for text in entry.texts {
            own[place].append(texts.count)
            owners.append(place)
            texts.append(text)
          }
        }
        let (pictureVectors, textVectors) = (encoded[positions], try encoder.encode(texts))
        let places = try Ranking.mutualPlaces(
          rows: textVectors, columns: pictureVectors, dimension: model.dimension,
          rowsCorrect: owners.map { [$0] }, columnsCorrect: own)
        try body(
          Found(
            language: group.language, pictures: positions.map { opened.ids[$0] }, owners: owners,
            toPictures: places.rows, toTexts: places.columns))
        context.progress(done + 1, of: groups.count, "languages")
      }

      encoder.note(in: context)
    }
  }
}
