public import ArtifactTypes
public import Provenance

/// Names the language of each text with a fastText model: its top label, with its confidence kept.
///
/// A text that the model knows nothing of is `other`, never an error. On short captions the model errs often: look at the confidence.
/// Source: MetaCLIP 2, §3.2.
public struct IdentifyLanguages: Stage {
  public var pairs: Pairs
  /// lid.176.ftz, 176 languages.
  public var model = InputFile(".colophon/data/lid.176.ftz")
  /// Whether texts whose source named their language are identified too.
  public var overridesSource = false
  /// Texts below this confidence are `other`; 0, as in the reference, for no such limit.
  public var minimumConfidence = 0.0
  /// The model's labels that CLDR spells in another way.
  public var labels = ["nb": "no", "sh": "sr_Latn", "tl": "fil", "zh_yue": "yue"]

  public init(pairs: Pairs, overridesSource: Bool = false) {
    self.pairs = pairs
    self.overridesSource = overridesSource
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> Pairs {
    let model = try FastTextModel(path: model.path)
    let stage = self
    var counted: [String: Int] = [:]
    let result = try await PairPieces(pairs).map(context) { pair in
      var pair = pair
      var found: [String] = []
      for index in pair.texts.indices where stage.overridesSource || pair.texts[index].language == nil {
        let guess = model.predict(pair.texts[index].text).map { (label: model.labels[$0.label], probability: Double($0.probability)) }
        let isSure = (guess?.probability ?? 0) >= stage.minimumConfidence
        let language = isSure ? guess.map { stage.labels[$0.label] ?? $0.label } ?? "other" : "other"
        pair.texts[index].language = language
        pair.texts[index].confidence = guess?.probability
        found.append(language)
      }
      return (pair, found)
    } each: { found in
      for language in found { counted[language, default: 0] += 1 }
    }
    context.measure("texts identified", Double(counted.values.reduce(0, +)))
    context.measure("languages found", Double(counted.count))
    return result
  }
}
