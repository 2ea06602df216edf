public import ArtifactTypes
public import Provenance
internal import Tensor
internal import Training

/// Names the pictures of a set in each language: a picture's class is the one whose text embedding is nearest.
///
/// Every pair is a class; its texts in a language are the class's synonyms. A class's embedding is the mean of its prompts' and synonyms'
/// embeddings, each of length 1. Output: a table with a row for each language and the columns language, script, classes, pictures,
/// top-1, top-5 (shares with Wilson's 95 % interval) and chance (the share that guessing gets right at the first try).
/// Source: MetaCLIP 2, §4 (Babel-ImageNet); CLIP, arXiv 2103.00020, §3.1.
public struct ZeroShotClassification: Stage {
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  public var checkpoint: Checkpoint
  public var tokenizer: Tokenizer
  public var pictures: PictureSet
  /// The classes: pairs whose pictures are in the set.
  public var classes: Pairs
  /// Only these languages; all that the classes have when empty.
  public var languages: [String] = []
  /// Which texts name a class.
  public var fields = ["name"]
  /// What is asked; `{}` stands for the class's text.
  public var prompts = ["{}"]
  /// Where the script column comes from; empty cells without.
  public var scripts: Languages?
  /// How many threads compute.
  public var threads = 2

  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, pictures: PictureSet, classes: Pairs) {
    self.checkpoint = checkpoint
    self.tokenizer = tokenizer
    self.pictures = pictures
    self.classes = classes
  }

  public func run(_ context: StageContext) async throws -> Table {
    let model = try TrainedModel(checkpoint, tokenizer: tokenizer, threads: threads)
    let opened = try pictures.open()
    let groups = try LanguageTexts.collect(classes, opened, languages: languages, fields: fields)
    let encoded = try PictureEmbeddings(model, opened, Set(groups.flatMap { $0.entries.map(\.picture) }).sorted())
    var table = Table(columns: [
      .init("language"), .init("script"), .init("classes"), .init("pictures"), .init("top-1", style: .percent(1)),
      .init("top-5", style: .percent(1)), .init("chance", style: .percent(2)),
    ])
    for (done, group) in groups.enumerated() {
      let (positions, places) = group.pictures
      var correct = [[Int]](repeating: [], count: positions.count)
      for (index, entry) in group.entries.enumerated() {
        if let place = places[entry.picture] { correct[place].append(index) }
      }
      let ranks = try Ranking.places(
        queries: encoded[positions], candidates: embeddings(of: group, model), dimension: model.dimension, correct: correct)
      table.append([
        .text(group.language), scripts?[group.language].map { .text($0.script) } ?? .empty, .integer(group.entries.count),
        .integer(positions.count), Ranking.recall(ranks, at: 1).cell, Ranking.recall(ranks, at: 5).cell,
        .number(1 / Double(group.entries.count)),
      ])
      context.progress(done + 1, of: groups.count, "languages")
    }
    return table
  }

  /// One row of length 1 for each class.
  private func embeddings(of group: LanguageTexts, _ model: TrainedModel) throws -> [Float] {
    let texts = group.entries.map { entry in entry.texts.flatMap { text in prompts.map { $0.replacing("{}", with: text) } } }
    let encoded = try model.encode(texts.flatMap(\.self))
    var (result, row): ([Float], Int) = ([], 0)
    for prompts in texts {
      var mean = [Float](repeating: 0, count: model.dimension)
      for _ in prompts {
        for i in mean.indices { mean[i] += encoded[row * model.dimension + i] }
        row += 1
      }
      let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
      result += mean.map { $0 / max(length, 1e-12) }
    }
    return result
  }
}
