public import ArtifactTypes
public import Core
internal import FileFormats

/// Reads a fastText model that names languages.
///
/// The default is fastText's own of 176 languages, quantised to less than a megabyte. Source: Joulin et al.,
/// “FastText.zip: compressing text classification models”, 2016.
public struct ReadLanguageIdentifier: Stage {
  /// The file of a classifier, full (`.bin`) or quantised (`.ftz`).
  public var file = InputFile(".colophon/data/lid.176.ftz")
  /// The codes of labels that the toolkit's sources spell in another way; every other label is its own code.
  public var labels = ["nb": "no", "sh": "sr_Latn", "tl": "fil", "zh_yue": "yue"]

  /// A stage that reads this file.
  public init(file: InputFile = InputFile(".colophon/data/lid.176.ftz")) { self.file = file }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Copies the model, and checks it.
  /// - Throws: ``OperationError`` for a file that is no classifier of fastText.
  public func run(_ context: StageContext) async throws -> LanguageIdentifier {
    let model = try FastTextModel(path: file.path)
    let codes = Dictionary(model.labels.map { ($0, labels[$0] ?? $0) }, uniquingKeysWith: { first, _ in first })
    return try LanguageIdentifier(model: .model(copyOf: file.path, context), languages: codes)
  }
}

extension ContentFile {
  /// A copy of a model, as the file of a ``LanguageIdentifier``.
  static func model(copyOf path: String, _ context: StageContext) throws -> ContentFile {
    let copy = try ArtifactFileWriter(path: context.file("model.bin"), name: "model.bin")
    let source = try MappedBytes(path: path)
    try withExtendedLifetime(source) { try copy.write(source.bytes) }
    return try copy.finish()
  }
}
