internal import Core

extension ModelConfiguration {
  /// The sizes of vocabularies that MetaCLIP 2 was trained with. Source: MetaCLIP 2, §6 and Table 3.
  public enum Vocabulary {
    /// The number of pieces of XLM-V's tokenizer.
    public static let xlmV = 901_629
    /// The number of pieces of mT5's tokenizer.
    public static let mT5 = 250_000
  }

  /// The names that ``named(_:)`` knows, smallest first.
  public static var names: [String] { published.map(\.name) }

  /// A configuration of MetaCLIP 2: pictures of 224 pixels, texts of 77 pieces.
  ///
  /// ```swift
  /// let model = try ModelConfiguration.named("ViT-B/32")
  /// ```
  /// - Parameter name: such as `ViT-B/32` or `ViT-H-14-quickgelu`, in any case; `ViT-` and a trailing `-worldwide` may
  ///   be left out. With `-quickgelu`, every configuration has that activation; only H/14 was published so.
  /// - Throws: ``OperationError`` that lists the names, when this is not one of them.
  public static func named(_ name: String) throws -> ModelConfiguration {
    var wanted = name.lowercased().replacing("/", with: "-").replacing("_", with: "-")
    if wanted.hasPrefix("vit-") { wanted.removeFirst(4) }
    if wanted.hasSuffix("-worldwide") { wanted.removeLast(10) }

    let suffix = "-quickgelu"
    let quick = wanted.hasSuffix(suffix)
    if quick { wanted.removeLast(suffix.count) }
    guard let found = published.first(where: { $0.name.lowercased().replacing("/", with: "-") == "vit-\(wanted)" })
    else {
      throw OperationError(
        operation: "choose a model", subject: name,
        cause: "there is no model of that name: choose one of \(names.joined(separator: ", "))")
    }

    var configuration = found.configuration
    if quick { configuration.activation = .quickGELU }
    return configuration
  }

  /// Source: MetaCLIP 2, §6, the worldwide configurations.
  private static let published: [(name: String, configuration: ModelConfiguration)] = [
    ("ViT-S/16", .worldwide(embedding: 384, patch: 16, vision: (12, 384, 64), text: (384, 6, 12))),
    ("ViT-M/16", .worldwide(embedding: 512, patch: 16, vision: (12, 512, 64), text: (512, 8, 12))),
    ("ViT-B/32", .worldwide(embedding: 512, patch: 32, vision: (12, 768, 64), text: (512, 8, 12))),
    ("ViT-B/16", .worldwide(embedding: 512, patch: 16, vision: (12, 768, 64), text: (512, 8, 12))),
    ("ViT-L/14", .worldwide(embedding: 768, patch: 14, vision: (24, 1024, 64), text: (768, 12, 12))),
    ("ViT-H/14", .worldwide(embedding: 1024, patch: 14, vision: (32, 1280, 80), text: (1024, 16, 24))),
    (
      "ViT-H/14-quickgelu",
      .worldwide(embedding: 1024, patch: 14, vision: (32, 1280, 80), text: (1024, 16, 24), activation: .quickGELU)
    ),
    (
      "ViT-bigG/14",
      .worldwide(embedding: 1280, patch: 14, vision: (48, 1664, 104), visionMLP: 8192, text: (1280, 20, 32))
    ),
  ]

  private static func worldwide(
    embedding: Int, patch: Int, vision: (layers: Int, width: Int, headWidth: Int), visionMLP: Int? = nil,
    text: (width: Int, heads: Int, layers: Int), activation: Activation = .gelu
  ) -> ModelConfiguration {
    var configuration = ModelConfiguration()
    configuration.pictureSize = 224
    configuration.patchSize = patch
    configuration.vision = Tower(
      width: vision.width, layers: vision.layers, heads: vision.width / vision.headWidth, mlpWidth: visionMLP)
    configuration.text = Tower(width: text.width, layers: text.layers, heads: text.heads)
    configuration.contextLength = 77
    configuration.embeddingWidth = embedding
    configuration.activation = activation
    return configuration
  }
}
