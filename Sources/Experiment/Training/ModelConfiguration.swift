/// The size of a model of pictures and texts.
///
/// Two transformers whose outputs meet in a space of ``embeddingWidth`` dimensions. The small defaults are this
/// package's own, for a few minutes on two cores; ``named(_:)`` has the sizes of MetaCLIP 2.
public struct ModelConfiguration: Codable, Hashable, Sendable {
  /// One of the two transformers.
  public struct Tower: Codable, Hashable, Sendable {
    /// Numbers per token; a multiple of ``heads``.
    public var width: Int
    /// The number of blocks, from 1 to 4096.
    public var layers: Int
    /// The number of attention heads of each block.
    public var heads: Int
    /// Numbers per token inside an MLP; four times ``width`` when `nil`.
    public var mlpWidth: Int?

    /// A transformer of a size.
    public init(width: Int, layers: Int, heads: Int, mlpWidth: Int? = nil) {
      self.width = width
      self.layers = layers
      self.heads = heads
      self.mlpWidth = mlpWidth
    }

    /// Numbers per token inside an MLP.
    package var hidden: Int { mlpWidth ?? width.multipliedReportingOverflow(by: 4).partialValue }
  }

  /// The activation between the two layers of an MLP.
  public enum Activation: String, Codable, Hashable, Sendable {
    /// x · σ(1.702 x)
    case quickGELU = "quick_gelu"
    /// x · Φ(x)
    case gelu
  }

  /// Pixels of a picture's side; a multiple of ``patchSize``.
  public var pictureSize = 32
  /// Pixels of a patch's side.
  public var patchSize = 8
  /// The transformer that reads pictures.
  public var vision = Tower(width: 128, layers: 3, heads: 4)
  /// The transformer that reads texts.
  public var text = Tower(width: 128, layers: 2, heads: 4)
  /// The most pieces of a text, its end included; longer texts are cut.
  public var contextLength = 16
  /// The dimensions of the space in which pictures and texts meet.
  public var embeddingWidth = 128
  /// The activation of both transformers.
  public var activation = Activation.quickGELU

  /// The small model of the defaults.
  public init() {}

  /// The number of patches of a picture.
  package var patchCount: Int { (pictureSize / patchSize) * (pictureSize / patchSize) }

  /// The largest number that is accepted for any size, so that no product of sizes overflows.
  package static var sizeLimit: Int { 1 << 20 }

  /// The reason that the sizes are impossible; `nil` when they fit.
  package var fault: String? {
    let sizes =
      [pictureSize, patchSize, contextLength, embeddingWidth] + [vision, text].flatMap { [$0.width, $0.hidden] }
    if let size = sizes.first(where: { $0 > Self.sizeLimit }) { return "nothing can be as large as \(size)" }
    if pictureSize < patchSize || patchSize < 1 || !pictureSize.isMultiple(of: patchSize) {
      return "pictures of \(pictureSize) pixels cannot be cut into patches of \(patchSize)"
    }
    for (name, tower) in [("vision", vision), ("text", text)] {
      if tower.layers > 4096 { return "\(tower.layers) \(name) layers are too many" }
      if tower.width < 1 || tower.layers < 1 || tower.heads < 1 || !tower.width.isMultiple(of: tower.heads) {
        return "the \(name) width \(tower.width) cannot be split into \(tower.heads) heads of \(tower.layers) layers"
      }
      if tower.hidden < 1 { return "the \(name) MLPs cannot be \(tower.hidden) wide" }
    }
    if contextLength < 2 || embeddingWidth < 1 { return "context length and embedding width are too small" }
    return nil
  }
}
