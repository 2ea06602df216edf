public import ArtifactTypes
public import Core
internal import Foundation
public import Imaging
internal import Tensor
internal import Training

/// Answers questions about pictures by choosing among a few answers: the one whose text, the question and the answer,
/// is nearest.
///
/// Output: a table with a row for each wording (`local`, the language of the place, and `english`), language and
/// country that has questions, then one for each wording over all; columns wording, language, country, questions,
/// accuracy (with Wilson's 95 % interval) and chance. The single items: ``CollectOutcomes``. Source: MetaCLIP 2, §4
/// (CVQA).
public struct MultipleChoice: Stage {
  /// The digest of this module's sources and of what they depend on.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libtorch: another one may give other last bits.
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  /// One of the two languages of a question.
  public enum Wording: String, Codable, Hashable, Sendable, CaseIterable {
    /// The language of the place where the picture was taken.
    case local
    /// English.
    case english
  }

  /// The model.
  public var checkpoint: Checkpoint
  /// The tokenizer that the model was trained with.
  public var tokenizer: Tokenizer
  /// The pictures that are asked about. All encoded pictures of a folder are encoded by the model, as by
  /// `EncodePictures`; one that cannot be decoded is noted, and nothing is asked about it.
  public var pictures: PictureInput
  /// The questions; those without one of the pictures are left out and noted.
  public var questions: ChoiceQuestions
  /// The wordings in which questions are asked, each once.
  public var wordings = Wording.allCases
  /// The text that is compared with the picture; `{question}` and `{option}` stand for the question and an answer.
  /// Source of the value: MetaCLIP 2, §4.
  public var prompt = "{question} {option}"
  /// The number of threads that compute.
  public var threads = 2

  /// A multiple choice with any pictures.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, pictures: PictureInput, questions: ChoiceQuestions) {
    self.checkpoint = checkpoint
    self.tokenizer = tokenizer
    self.pictures = pictures
    self.questions = questions
  }

  /// A multiple choice with a set of pixels.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, pictures: PictureSet, questions: ChoiceQuestions) {
    self.init(checkpoint: checkpoint, tokenizer: tokenizer, pictures: .set(pictures), questions: questions)
  }

  /// A multiple choice with encoded pictures.
  /// - Parameter folder: such as `InputFolder("data/shards", suffixes: [".tar"])`; see `PictureFolder`.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, folder: InputFolder, questions: ChoiceQuestions) {
    self.init(checkpoint: checkpoint, tokenizer: tokenizer, pictures: .folder(folder), questions: questions)
  }

  /// A multiple choice with encoded pictures.
  /// - Parameter path: a folder; its files with the endings `TrainCLIP.pictureSuffixes` are read.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, folder path: String, questions: ChoiceQuestions) {
    self.init(checkpoint: checkpoint, tokenizer: tokenizer, pictures: .folder(path), questions: questions)
  }

  /// A question in one wording, and the place of its right answer.
  struct Answered {
    let question: ChoiceQuestion
    let wording: Wording
    /// The number of answers that are nearer than the right one.
    let place: Int
    /// The number of answers.
    let candidates: Int
  }

  /// Asks the questions and counts the right answers.
  /// - Throws: ``OperationError`` when a prompt has no `{option}`, an id occurs twice, no question has one of the
  ///   pictures, none of these can be decoded, or the checkpoint is damaged; `CancellationError`.
  public func run(_ context: StageContext) async throws -> Table {
    struct Key: Hashable { let wording: Wording, language, country: String }
    let answered = try await measure(context)
    var table = Table(columns: [
      .init("wording"), .init("language"), .init("country"), .init("questions"), .init("accuracy", style: .percent(1)),
      .init("chance", style: .percent(1)),
    ])
    func row(
      _ wording: Wording, language: Table.Cell, country: Table.Cell, answered: [Answered]
    ) -> [Table.Cell] {
      [
        .text(wording.rawValue), language, country, .integer(answered.count),
        ShareInterval(hits: answered.count { $0.place == 0 }, of: answered.count).cell,
        .number(answered.reduce(0) { $0 + 1 / Double($1.candidates) } / Double(answered.count)),
      ]
    }

    let groups = Dictionary(grouping: answered) {
      Key(wording: $0.wording, language: $0.question.language, country: $0.question.country)
    }
    for wording in wordings {
      let keys = groups.keys.filter { $0.wording == wording }.sorted {
        ($0.language, $0.country) < ($1.language, $1.country)
      }
      for key in keys {
        table.append(
          row(wording, language: .text(key.language), country: .text(key.country), answered: groups[key] ?? []))
      }
      // Over a single country, the row would repeat that country's.
      let all = answered.filter { $0.wording == wording }
      if keys.count > 1 { table.append(row(wording, language: "all", country: "all", answered: all)) }
    }
    return table
  }

  private static let operation = "answer questions"

  /// A question in one wording, with the text for each option.
  private struct Asked {
    let question: ChoiceQuestion
    let wording: Wording
    let texts: [String]
    /// The picture's position.
    let picture: Int
  }

  /// Asks every question in every wording that it has.
  /// - Throws: as ``run(_:)``.
  func measure(_ context: StageContext) async throws -> [Answered] {
    guard prompt.contains("{option}"), !wordings.isEmpty, Set(wordings).count == wordings.count else {
      throw OperationError(
        operation: Self.operation, subject: "the prompt “\(prompt)”, \(wordings.count) wordings",
        cause: "a prompt needs {option}, and each wording is named once, at least one")
    }

    let all = try questions.all()
    let (opened, asked) = try await EvaluatedPictures.open(
      pictures, checkpoint: checkpoint, threads: threads, context: context
    ) { pictures, context in try ask(all, pictures, context: context) }

    return try await Torch.inTurn {
      let model = try TrainedModel(checkpoint, tokenizer: tokenizer, threads: threads)
      let encoded = try opened.embeddings(model, Set(asked.map(\.picture)).sorted())
      var encoder = EvaluatedTexts(model)
      let texts = try encoder.encode(asked.flatMap(\.texts))
      encoder.note(in: context)

      // The texts of a question follow one another.
      var start = 0
      return try asked.enumerated().map { done, item in
        let end = start + item.texts.count
        defer { start = end }
        let place = try Ranking.places(
          queries: encoded[[item.picture]],
          candidates: Array(texts[(start * model.dimension)..<(end * model.dimension)]),
          dimension: model.dimension, correct: [[item.question.answer]])
        if done.isMultiple(of: 256) { context.progress(done, of: asked.count, "questions") }
        return Answered(question: item.question, wording: item.wording, place: place[0], candidates: item.texts.count)
      }
    }
  }

  /// The questions about the pictures that are there.
  private func ask(
    _ all: [ChoiceQuestion], _ pictures: EvaluatedPictures, context: StageContext
  ) throws -> [Asked] {
    var seen: Set<String> = []
    var asked: [Asked] = []
    for question in all {
      guard seen.insert(question.id).inserted else {
        throw OperationError(operation: Self.operation, subject: question.id, cause: "two questions have this id")
      }
      guard let picture = pictures.position(of: question.image) else { continue }

      for wording in wordings {
        guard let words = wording == .local ? question.local : question.english else { continue }
        guard words.options.count > 1, words.options.indices.contains(question.answer) else {
          throw OperationError(
            operation: Self.operation, subject: question.id,
            cause: "it has \(words.options.count) options, and number \(question.answer), from 0, is the right one")
        }
        // The question may contain “{option}” itself: the option is put in only where the prompt has it.
        let parts = prompt.components(separatedBy: "{option}").map { $0.replacing("{question}", with: words.question) }
        let texts = words.options.map { parts.joined(separator: $0) }
        asked.append(Asked(question: question, wording: wording, texts: texts, picture: picture))
      }
    }
    guard !asked.isEmpty else {
      throw OperationError(
        operation: Self.operation, subject: "\(all.count) questions and \(pictures.count) pictures",
        cause: "no question in the wordings that were asked for has one of the pictures"
          + (all.first.map { ": questions name “\($0.image)”, pictures are like “\(pictures.ids.first ?? "")”" } ?? ""))
    }
    let unseen = all.count { pictures.position(of: $0.image) == nil }
    if unseen > 0 { context.note("\(unseen) of \(all.count) questions have no picture and are left out") }
    return asked
  }
}
