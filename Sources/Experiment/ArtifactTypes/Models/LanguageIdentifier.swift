public import Core

/// A model that names the language of a text, with the code for each of its labels.
///
/// Two files: `model.bin`, a fastText classifier, full or quantised; and `languages.json` with the code of each label:
/// `{"labels":[{"label":"nb","language":"no"}]}`.
public struct LanguageIdentifier: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "language-identifier/1" }

  /// A label of the model, and the code that it stands for.
  public struct Label: Codable, Hashable, Sendable {
    /// The label as the model has it, without fastText's prefix.
    public var label: String
    /// The code that texts get.
    public var language: String

    /// A label with its code.
    public init(label: String, language: String) {
      self.label = label
      self.language = language
    }
  }

  private struct Description: Codable {
    var labels: [Label]
  }

  /// The artifact's files.
  public let content: ArtifactContent
  /// The labels in the order of their UTF-8 bytes.
  public let labels: [Label]
  /// The codes that texts may get, without `other`, each once, in the order of their UTF-8 bytes. Metadata is aligned
  /// with them.
  public let languages: [String]
  /// The fastText model.
  package let model: ContentFile

  /// Opens an identifier without reading its model.
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

  /// Unites a model with its codes.
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
  /// The languages and the size.
  public var presentation: Presentation {
    .text(
      "an identifier of \(languages.count) languages, \(model.byteCount) bytes: \(languages.joined(separator: " "))")
  }
}
