internal import Core

/// The names and shapes of OpenCLIP's tensors, compared with those of `MetaClip2Model`, which checkpoints have here.
///
/// Source of the names: OpenCLIP, `CLIP` and `CustomTextCLIP` in `open_clip/model.py`.
enum OpenCLIPLayout {
  /// A tensor of OpenCLIP, and the part of it that one of a checkpoint's tensors is.
  struct Source {
    enum Part {
      case whole
      /// Rows and columns exchanged.
      case transposed
      /// The first, second or last third of the rows.
      case third(Int)
    }

    let name: String
    let shape: [Int]
    let part: Part
  }

  /// True for the names of buffers, which are not weights.
  static func isBuffer(_ name: String) -> Bool { name.hasSuffix("attn_mask") }

  /// A name without the prefixes of wrappers: of distributed training, and of models whose text tower is a module of
  /// its own.
  static func plain(_ name: String) -> String {
    var name = name[...]
    for prefix in ["module.", "text."] where name.hasPrefix(prefix) { name = name.dropFirst(prefix.count) }
    return String(name)
  }

  /// The source of one of a checkpoint's tensors.
  static func source(of stored: StoredTensor) -> Source {
    func whole(_ name: String) -> Source { Source(name: name, shape: stored.shape, part: .whole) }
    func transposed(_ name: String) -> Source { Source(name: name, shape: stored.shape.reversed(), part: .transposed) }

    switch stored.name {
    case "text_projection.weight": return transposed("text_projection")
    case "visual_projection.weight": return transposed("visual.proj")
    case "text_model.embeddings.token_embedding.weight": return whole("token_embedding.weight")
    case "text_model.embeddings.position_embedding.weight": return whole("positional_embedding")
    case "vision_model.embeddings.class_embedding": return whole("visual.class_embedding")
    case "vision_model.embeddings.position_embedding.weight": return whole("visual.positional_embedding")
    case ModelConfiguration.patchEmbedding: return whole("visual.conv1.weight")
    default: break
    }

    var name = stored.name
    for (ours, theirs) in [
      ("text_model.encoder.layers.", "transformer.resblocks."),
      ("vision_model.encoder.layers.", "visual.transformer.resblocks."),
      ("text_model.final_layer_norm.", "ln_final."), ("vision_model.pre_layrnorm.", "visual.ln_pre."),
      ("vision_model.post_layernorm.", "visual.ln_post."), (".layer_norm1.", ".ln_1."), (".layer_norm2.", ".ln_2."),
      (".self_attn.out_proj.", ".attn.out_proj."), (".mlp.fc1.", ".mlp.c_fc."), (".mlp.fc2.", ".mlp.c_proj."),
    ] {
      name = name.replacing(ours, with: theirs)
    }

    // Queries, keys and values are the thirds of one matrix.
    for (index, letter) in ["q", "k", "v"].enumerated() {
      let ours = ".self_attn.\(letter)_proj."
      guard name.contains(ours) else { continue }
      return Source(
        name: name.replacing(ours, with: ".attn.in_proj_"), shape: [3 * stored.shape[0]] + stored.shape.dropFirst(),
        part: .third(index))
    }
    return whole(name)
  }

  /// The sizes of a model, read from the shapes of its tensors.
  /// - Parameters:
  ///   - shape: a tensor's shape by its plain name.
  ///   - names: all plain names.
  ///   - visionHeadWidth: `nil` for that of the published model of this width. Source: MetaCLIP 2, §6.
  /// - Throws: ``OperationError`` when a tensor that is needed for it is missing or has another rank.
  static func sizes(
    of shape: (String) -> [Int]?, names: some Sequence<String>, visionHeadWidth: Int?, textHeadWidth: Int,
    activation: ModelConfiguration.Activation
  ) throws -> (configuration: ModelConfiguration, vocabularySize: Int) {
    func fault(_ cause: String) -> OperationError {
      OperationError(operation: "read the sizes from OpenCLIP's tensors", subject: "shapes", cause: cause)
    }
    func size(_ name: String, rank: Int, _ axis: Int) throws -> Int {
      guard let found = shape(name) else { throw fault("\(name) is missing") }
      guard found.count == rank else { throw fault("\(name) has the shape \(found), not \(rank) dimensions") }
      return found[axis]
    }

    func layers(_ prefix: String) -> Int {
      let numbers = names.compactMap { name in
        name.hasPrefix(prefix) ? name.dropFirst(prefix.count).split(separator: ".").first.flatMap { Int($0) } : nil
      }
      return Set(numbers).count
    }

    func tower(_ prefix: String, width: Int, headWidth: Int) throws -> ModelConfiguration.Tower {
      guard headWidth > 0, width.isMultiple(of: headWidth) else {
        throw fault(
          "\(prefix) has the width \(width), which is not a multiple of the head width \(headWidth): give another one")
      }
      return try .init(
        width: width, layers: layers(prefix), heads: width / headWidth,
        mlpWidth: size("\(prefix)0.mlp.c_fc.weight", rank: 2, 0))
    }

    var configuration = ModelConfiguration()
    let vision = try size("visual.conv1.weight", rank: 4, 0)
    configuration.patchSize = try size("visual.conv1.weight", rank: 4, 3)
    // The first position is that of the class token.
    let patches = try size("visual.positional_embedding", rank: 2, 0) - 1
    let side = Int(Double(max(patches, 0)).squareRoot().rounded())
    guard side > 0, side * side == patches, configuration.patchSize <= ModelConfiguration.sizeLimit else {
      throw fault("visual.positional_embedding is for \(patches) patches, which do not make a square")
    }

    configuration.pictureSize = side * configuration.patchSize
    configuration.vision = try tower(
      "visual.transformer.resblocks.", width: vision,
      headWidth: visionHeadWidth ?? [1280: 80, 1664: 104][vision] ?? 64)
    configuration.text = try tower(
      "transformer.resblocks.", width: size("token_embedding.weight", rank: 2, 1), headWidth: textHeadWidth)
    configuration.contextLength = try size("positional_embedding", rank: 2, 0)
    configuration.embeddingWidth = try size("visual.proj", rank: 2, 1)
    configuration.activation = activation
    if let impossible = configuration.fault { throw fault(impossible) }
    return (configuration, try size("token_embedding.weight", rank: 2, 0))
  }
}

extension OpenCLIPLayout.Source {
  /// The elements of the checkpoint's tensor.
  /// - Parameter elements: those of OpenCLIP's tensor, of the shape ``shape``.
  func taken(from elements: [Float]) -> [Float] {
    switch part {
    case .whole: return elements
    case .third(let index):
      let size = elements.count / 3
      return Array(elements[(index * size)..<((index + 1) * size)])
    case .transposed:
      let (rows, columns) = (shape[0], shape[1])
      return (0..<columns).flatMap { column in (0..<rows).map { elements[$0 * columns + column] } }
    }
  }
}
