/// The size of a model of pictures and texts.
///
/// Two transformers whose outputs meet in a space of ``embeddingWidth`` dimensions. Source: MetaCLIP 2, §6 of its appendix tables;
/// the small defaults are this package's own, for a few minutes on two cores.
public struct ModelConfiguration: Codable, Hashable, Sendable {
  /// One of the two transformers.
  public struct Tower: Codable, Hashable, Sendable {
    /// Numbers per token; a multiple of ``heads``.
    public var width: Int
    public var layers: Int
    public var heads: Int

    public init(width: Int, layers: Int, heads: Int) {
      self.width = width
      self.layers = layers
      self.heads = heads
    }
  }

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
  public var vision = Tower(width: 128, layers: 3, heads: 4)
  public var text = Tower(width: 128, layers: 2, heads: 4)
  /// The most pieces of a text, its end included; longer texts are cut.
  public var contextLength = 16
  /// Dimensions of the space where pictures and texts meet.
  public var embeddingWidth = 128
  public var activation = Activation.quickGELU

  public init() {}

  /// How many patches a picture has.
  package var patchCount: Int { (pictureSize / patchSize) * (pictureSize / patchSize) }

  /// What is impossible about the sizes; `nil` when they fit.
  package var fault: String? {
    if pictureSize < patchSize || patchSize < 1 || !pictureSize.isMultiple(of: patchSize) {
      return "pictures of \(pictureSize) pixels cannot be cut into patches of \(patchSize)"
    }
    for (name, tower) in [("vision", vision), ("text", text)] {
      if tower.width < 1 || tower.layers < 1 || tower.heads < 1 || !tower.width.isMultiple(of: tower.heads) {
        return "the \(name) width \(tower.width) cannot be split into \(tower.heads) heads of \(tower.layers) layers"
      }
    }
    if contextLength < 2 || embeddingWidth < 1 { return "context length and embedding width are too small" }
    return nil
  }
}
