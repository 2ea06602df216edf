public import ArtifactTypes
public import Core
internal import Tensor

/// Collects the outcome of every single item of an evaluation, for ``SummarizeOutcomes`` and ``CompareCheckpoints``.
///
/// ```swift
/// let items = try await CollectOutcomes(of: ZeroShotClassification(…))()
/// ```
/// The task of a classification is `classification`, its items are pictures and their class the first that is right for
/// them; of retrieval `text → picture` (items are captions: their picture's id, a slash, the caption's number) and
/// `picture → text`; of multiple choice `multiple choice, local` and `multiple choice, english`, a question's class
/// being its country; of a linear probe `linear probe`, in no language, which is written `–`.
public struct CollectOutcomes: Stage {
  /// The digest of this module's sources and of what they depend on.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libtorch: another one may give other last bits.
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  /// The classification whose outcomes are collected; exactly one of the four evaluations is not `nil`.
  public let classification: ZeroShotClassification?
  /// The retrieval whose outcomes are collected.
  public let retrieval: Retrieval?
  /// The multiple choice whose outcomes are collected.
  public let choice: MultipleChoice?
  /// The linear probe whose outcomes are collected.
  public let probe: LinearProbe?

  /// The outcomes of a classification.
  public init(of classification: ZeroShotClassification) {
    (self.classification, retrieval, choice, probe) = (classification, nil, nil, nil)
  }

  /// The outcomes of a retrieval.
  public init(of retrieval: Retrieval) { (classification, self.retrieval, choice, probe) = (nil, retrieval, nil, nil) }

  /// The outcomes of a multiple choice.
  public init(of choice: MultipleChoice) { (classification, retrieval, self.choice, probe) = (nil, nil, choice, nil) }

  /// The outcomes of a linear probe.
  public init(of probe: LinearProbe) { (classification, retrieval, choice, self.probe) = (nil, nil, nil, probe) }

  /// Runs the evaluation and writes the outcome of each item.
  /// - Throws: the errors of the evaluation.
  public func run(_ context: StageContext) async throws -> Outcomes {
    let writer = try OutcomesWriter(path: context.file("outcomes.jsonl"))

    // Exactly one of the four evaluations is not nil.
    try await classification?.measure(context) { group, pictures, places in
      for (picture, place) in zip(group.pictures, places) {
        let id = pictures.ids[picture.position]
        try writer.write(
          Outcome(
            task: "classification", language: group.language, item: id, picture: id,
            group: picture.classes.first.map { group.ids[$0] }, place: place, candidates: group.ids.count))
      }
    }

    try await retrieval?.measure(context) { found in
      var numbers = [Int](repeating: 0, count: found.pictures.count)
      for (owner, place) in zip(found.owners, found.toPictures) {
        let picture = found.pictures[owner]
        try writer.write(
          Outcome(
            task: "text → picture", language: found.language, item: "\(picture)/\(numbers[owner])", picture: picture,
            place: place, candidates: found.pictures.count))
        numbers[owner] += 1
      }
      for (picture, place) in zip(found.pictures, found.toTexts) {
        try writer.write(
          Outcome(
            task: "picture → text", language: found.language, item: picture, picture: picture, place: place,
            candidates: found.owners.count))
      }
    }

    for answered in try await choice?.measure(context) ?? [] {
      let question = answered.question
      try writer.write(
        Outcome(
          task: "multiple choice, \(answered.wording.rawValue)", language: question.language, item: question.id,
          picture: question.image, group: question.country.isEmpty ? nil : question.country, place: answered.place,
          candidates: answered.candidates))
    }

    if let fitted = try await probe?.fit(context) {
      for test in fitted.tests {
        try writer.write(
          Outcome(
            task: "linear probe", language: "–", item: test.id, picture: test.id, group: fitted.classes[test.label],
            place: test.place, candidates: fitted.classes.count))
      }
    }

    return try writer.finish()
  }
}
