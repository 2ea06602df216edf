public import ArtifactTypes
public import Core
public import Imaging
internal import Tensor
internal import Training

/// Names pictures in each language: a picture's class is the one whose text embedding is nearest.
///
/// Every pair of ``classes`` is a class; its texts in a language are the class's synonyms. A class's embedding is the
/// mean over prompts × synonyms of their embeddings, each of length 1, scaled to length 1 again. A language is
/// measured on the classes that it has words for. Output: a table with a row for each language and the columns
/// language, script, classes, pictures, top-1, top-5 (shares with Wilson's 95 % interval) and chance (the share that
/// guessing gets right at the first try). The single items: ``CollectOutcomes``.
/// Source: MetaCLIP 2, §4 (Babel-ImageNet); CLIP, arXiv 2103.00020, §3.1.
public struct ZeroShotClassification: Stage {
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
  /// The classes: pairs whose pictures are there, or, with ``labels``, pairs whose ids are classes.
  public var classes: Pairs
  /// Pairs that put pictures into classes: their group is a class's id. A picture of several classes has a pair for
  /// each, and any of them is right. With `nil` each class has one picture, its pair's.
  public var labels: Pairs?
  /// Only these languages; all that the classes have when empty.
  public var languages: [String] = []
  /// The fields of the texts that name a class; all texts when empty.
  public var fields = ["name"]
  /// The texts that are compared with a picture; `{}` stands for the class's text.
  public var prompts = ["{}"]
  /// The prompts that replace ``prompts`` in a language, by its code.
  public var languagePrompts: [String: [String]] = [:]
  /// The languages with their scripts; with `nil`, the cells of the script column are empty.
  public var scripts: Languages?
  /// The number of threads that compute.
  public var threads = 2

  /// A classification with any pictures.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, pictures: PictureInput, classes: Pairs) {
    self.checkpoint = checkpoint
    self.tokenizer = tokenizer
    self.pictures = pictures
    self.classes = classes
  }

  /// A classification with a set of pixels.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, pictures: PictureSet, classes: Pairs) {
    self.init(checkpoint: checkpoint, tokenizer: tokenizer, pictures: .set(pictures), classes: classes)
  }

  /// A classification with encoded pictures.
  /// - Parameter folder: such as `InputFolder("data/shards", suffixes: [".tar"])`; see `PictureFolder`.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, folder: InputFolder, classes: Pairs) {
    self.init(checkpoint: checkpoint, tokenizer: tokenizer, pictures: .folder(folder), classes: classes)
  }

  /// A classification with encoded pictures.
  /// - Parameter path: a folder; its files with the endings `TrainCLIP.pictureSuffixes` are read.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, folder path: String, classes: Pairs) {
    self.init(checkpoint: checkpoint, tokenizer: tokenizer, pictures: .folder(path), classes: classes)
  }

  /// Classifies the pictures in each language.
  /// - Throws: ``OperationError`` when no language has two classes with pictures, a prompt has no `{}`, no picture can
  ///   be decoded, or the checkpoint is damaged; `CancellationError`.
  public func run(_ context: StageContext) async throws -> Table {
    var table = Table(columns: [
      .init("language"), .init("script"), .init("classes"), .init("pictures"), .init("top-1", style: .percent(1)),
      .init("top-5", style: .percent(1)), .init("chance", style: .percent(2)),
    ])
    try await measure(context) { group, _, places in
      table.append([
        .text(group.language), scripts?[group.language].map { .text($0.script) } ?? .empty, .integer(group.ids.count),
        .integer(places.count), Ranking.recall(places, at: 1).cell, Ranking.recall(places, at: 5).cell,
        .number(group.pictures.reduce(0) { $0 + Double($1.classes.count) } / Double(group.ids.count * places.count)),
      ])
    }
    return table
  }

  /// Calls `body` with each language and the places of its pictures' best right classes.
  func measure(
    _ context: StageContext, _ body: (ClassTexts, EvaluatedPictures, [Int]) throws -> Void
  ) async throws {
    let (opened, (groups, templates)) = try await EvaluatedPictures.open(
      pictures, checkpoint: checkpoint, threads: threads, context: context, asking: ask)

    try await Torch.inTurn {
      let model = try TrainedModel(checkpoint, tokenizer: tokenizer, threads: threads)
      // Each picture is encoded once for all languages that have its class.
      let encoded = try opened.embeddings(model, Set(groups.flatMap { $0.pictures.map(\.position) }).sorted())
      var texts = EvaluatedTexts(model)
      for (done, group) in groups.enumerated() {
        let candidates = try Self.classEmbeddings(group.texts, templates: templates[done], dimension: model.dimension) {
          try texts.encode($0)
        }
        let places = try Ranking.places(
          queries: encoded[group.pictures.map(\.position)], candidates: candidates, dimension: model.dimension,
          correct: group.pictures.map(\.classes))
        try body(group, opened, places)
        context.progress(done + 1, of: groups.count, "languages")
      }

      texts.note(in: context)
    }
  }

  /// The classes of each language, and the prompts in it.
  private func ask(
    _ pictures: EvaluatedPictures, _ context: StageContext
  ) throws -> (groups: [ClassTexts], templates: [[String]]) {
    let groups = try ClassTexts.collect(
      classes, labels: labels, pictures: pictures, languages: languages, fields: fields, context: context)
    return (groups, try groups.map { try templates($0.language) })
  }

  /// The prompts in a language.
  /// - Throws: ``OperationError`` when there is none, or one has no `{}`.
  private func templates(_ language: String) throws -> [String] {
    let templates = languagePrompts[language] ?? prompts
    guard !templates.isEmpty else {
      throw OperationError(
        operation: "classify zero-shot", subject: language,
        cause: "the language has no prompts: give it some in languagePrompts, or prompts for all languages")
    }
    if let wrong = templates.first(where: { !$0.contains("{}") }) {
      throw OperationError(
        operation: "classify zero-shot", subject: language,
        cause: "the prompt “\(wrong)” has no {} where the class's text goes")
    }
    return templates
  }

  /// One row of length 1 for each class: the mean of its prompts' embeddings.
  /// - Parameters:
  ///   - texts: each class's name and synonyms.
  ///   - templates: the prompts; `{}` stands for a name or synonym.
  ///   - encode: returns texts' embeddings, `[texts.count, dimension]`, of length 1.
  /// - Returns: `[texts.count, dimension]`.
  package static func classEmbeddings(
    _ texts: [[String]], templates: [String], dimension: Int, encode: ([String]) throws -> [Float]
  ) throws -> [Float] {
    let prompts = texts.map { names in names.flatMap { name in templates.map { $0.replacing("{}", with: name) } } }
    let encoded = try encode(prompts.flatMap(\.self))

    var (result, row): ([Float], Int) = ([], 0)
    result.reserveCapacity(texts.count * dimension)
    for group in prompts {
      var mean = [Float](repeating: 0, count: dimension)
      for _ in group {
        for i in mean.indices { mean[i] += encoded[row * dimension + i] }
        row += 1
      }
      let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
      result += mean.map { $0 / max(length, 1e-12) }
    }
    return result
  }
}
