public import Core

/// A model that names the language of a text, with the codes that its labels stand for.
///
/// Two files: `model.bin`, a fastText classifier, full or quantised; and `languages.json`, the code of each of its labels:
/// `{"labels":[{"label":"nb","language":"no"}]}`.
public struct LanguageIdentifier: FileArtifact {
  public static var format: String { "language-identifier/1" }

  /// What a label of the model stands for.
  public struct Label: Codable, Hashable, Sendable {
    /// As the model writes it, without fastText's prefix.
    public var label: String
    /// The code that texts get.
    public var language: String

    public init(label: String, language: String) {
      self.label = label
      self.language = language
    }
  }

  private struct Description: Codable {
    var labels: [Label]
  }

  public let content: ArtifactContent
  /// In the order of the labels' UTF-8 bytes.
  public let labels: [Label]
  /// The codes that texts may get, without `other`, each once, in the order of their UTF-8 bytes: what metadata is aligned with.
  public let languages: [String]
  /// The fastText model.
  package let model: ContentFile

  /// - Throws: ``OperationError`` when a file is missing or damaged.
  public init(content: ArtifactContent) throws {
    guard let model = content["model.bin"], let description = content["languages.json"] else {
      throw OperationError(
        operation: "open a language identifier", subject: content.files.map(\.name).joined(separator: ", "),
        cause: "it has the files model.bin and languages.json")
    }
    self.content = content
    self.model = model
    labels = try ArtifactJSON.decode(Description.self, from: description, operation: "open a language identifier")
      .labels
    languages = Set(labels.map(\.language)).sorted { $0.precedes($1) }
  }

  /// - Parameters:
  ///   - model: the file `model.bin`.
  ///   - languages: the code of each label.
  package init(model: ContentFile, languages: [String: String]) throws {
    let labels = languages.map { Label(label: $0.key, language: $0.value) }.sorted { $0.label.precedes($1.label) }
    try self.init(
      content: ArtifactContent(files: [model, ArtifactJSON.file(Description(labels: labels), name: "languages.json")]))
  }
}

extension LanguageIdentifier: Presentable {
  public var presentation: Presentation {
    .text(
      "an identifier of \(languages.count) languages, \(model.byteCount) bytes: \(languages.joined(separator: " "))")
  }
}
