public import ArtifactTypes
public import Core
internal import FileFormats
internal import Foundation
internal import Tensor

/// Reads a model of pictures and texts that was trained elsewhere.
///
/// The folder has `model.safetensors`, or the shards that `model.safetensors.index.json` lists, in one of two layouts,
/// which are distinguished by the tensors' names: that of `MetaClip2Model` and `CLIPModel` of the transformers library,
/// with its `config.json`; or the state of an OpenCLIP model, whose sizes are read from the shapes. Weights of any
/// floating-point type are kept as float32.
public struct ImportCheckpoint: Stage {
  /// The digest of this module's sources and of what they depend on.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// The folder with the weights and, in transformers' layout, `config.json`.
  public var folder: InputFolder
  /// The model's tokenizer, so that no other one is accepted for it. When `nil`, every tokenizer is accepted that has
  /// no more pieces than the model, and that ends a text with the id that `config.json` gives.
  public var tokenizer: Tokenizer?
  /// The activation of an OpenCLIP model, which its tensors do not show. `config.json` has that of the other layout.
  public var activation = ModelConfiguration.Activation.gelu
  /// Numbers per head in the vision tower of an OpenCLIP model; `nil` for that of MetaCLIP 2's model of the same width:
  /// 80 for 1280, 104 for 1664, 64 otherwise.
  public var visionHeadWidth: Int?
  /// Numbers per head in the text tower of an OpenCLIP model.
  public var textHeadWidth = 64

  /// Reads the model in a folder.
  /// - Parameters:
  ///   - folder: the path; only its files `.safetensors` and `.json` are inputs.
  ///   - tokenizer: as ``tokenizer``.
  public init(folder: String, tokenizer: Tokenizer? = nil) {
    self.folder = InputFolder(folder, suffixes: [".safetensors", ".json"])
    self.tokenizer = tokenizer
  }

  /// Reads the model and writes it in transformers' layout.
  /// - Throws: ``OperationError`` when a file is missing or damaged, the tensors are not those of such a model, a
  ///   weight is not finite, or the tokenizer cannot be the model's; `CancellationError`.
  public func run(_ context: StageContext) async throws -> Checkpoint {
    let weights = try WeightFiles(weightFiles().map { ($0, try MappedBytes(path: folder.path + "/" + $0)) })
    let names = Dictionary(weights.names.map { (OpenCLIPLayout.plain($0), $0) }, uniquingKeysWith: { min($0, $1) })
    // Only OpenCLIP gives a tensor this name.
    let isOpenCLIP = names["visual.conv1.weight"] != nil

    let configuration: ModelConfiguration
    let vocabularySize: Int
    var end: Int?
    if isOpenCLIP {
      (configuration, vocabularySize) = try OpenCLIPLayout.sizes(
        of: { names[$0].flatMap(weights.shape) }, names: names.keys, visionHeadWidth: visionHeadWidth,
        textHeadWidth: textHeadWidth, activation: activation)
    } else {
      let file = try ConfigurationFile(bytes(of: "config.json"), operation: Self.operation)
      (configuration, vocabularySize, end) = (file.configuration, file.vocabularySize, file.end)
    }

    let targets = configuration.storedTensors(vocabularySize: vocabularySize)
    let sources = targets.map { stored in
      guard isOpenCLIP else { return OpenCLIPLayout.Source(name: stored.name, shape: stored.shape, part: .whole) }
      let source = OpenCLIPLayout.source(of: stored)
      return OpenCLIPLayout.Source(name: names[source.name] ?? source.name, shape: source.shape, part: source.part)
    }
    try weights.check(sources.map { ($0.name, $0.shape) }) { name in
      isOpenCLIP ? OpenCLIPLayout.isBuffer(name) : name.hasSuffix(".embeddings.position_ids")
    }
    context.measure("parameters", Double(targets.reduce(0) { $0 + $1.elements.count }))

    let file = try write(targets, from: sources, in: weights, context: context)
    return try checkpoint(file, configuration, vocabularySize: vocabularySize, end: end)
  }

  private static var operation: String { "import the checkpoint" }

  private func fault(_ subject: String, _ cause: String) -> OperationError {
    OperationError(operation: Self.operation, subject: subject, cause: cause)
  }

  private func bytes(of name: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: folder.path + "/" + name) else {
      throw fault(folder.path, "\(name) is missing or cannot be read")
    }
    return Array(data)
  }

  /// The names of the files with weights.
  private func weightFiles() throws -> [String] {
    let all = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .filter { name in folder.counts(name) }
    if all.contains("model.safetensors") { return ["model.safetensors"] }

    let index = "model.safetensors.index.json"
    if all.contains(index) { return try shards(of: index, among: all) }

    let found = all.filter { $0.hasSuffix(".safetensors") }
    guard found.count == 1 else {
      throw fault(
        folder.path,
        found.isEmpty
          ? "there is no model.safetensors in it"
          : "it has several safetensors files and no \(index): \(found.joined(separator: ", "))")
    }
    return found
  }

  /// The names of the files that an index lists, sorted.
  private func shards(of index: String, among all: [String]) throws -> [String] {
    struct Index: Decodable {
      var files: [String: String]
      private enum CodingKeys: String, CodingKey { case files = "weight_map" }
    }
    guard let map = try? JSONDecoder().decode(Index.self, from: Data(bytes(of: index))).files, !map.isEmpty else {
      throw fault(index, "it has no weight_map that names the file of each tensor")
    }
    let shards = Set(map.values).sorted()
    let missing = shards.filter { !all.contains($0) }
    guard missing.isEmpty else {
      throw fault(folder.path, "\(index) names files that are not there: \(missing.joined(separator: ", "))")
    }
    return shards
  }

  /// Writes `model.safetensors`, one tensor at a time: a model need not fit into memory twice.
  /// - Parameter sources: for each target the tensor that it is in.
  private func write(
    _ targets: [StoredTensor], from sources: [OpenCLIPLayout.Source], in weights: WeightFiles, context: StageContext
  ) throws -> ContentFile {
    let positions = Dictionary(uniqueKeysWithValues: zip(targets.map(\.name), targets.indices))
    let writer = try ArtifactFileWriter(path: context.file("model.safetensors"), name: "model.safetensors")
    try writer.write(
      Safetensors.head(
        Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0.shape) }), metadata: ["format": "pt"]))

    var notFinite: Set<String> = []
    // The order in which the header lists the tensors.
    for name in Safetensors.sorted(positions.keys) {
      try Task.checkCancellation()
      guard let source = positions[name].map({ sources[$0] }) else { continue }
      let elements = try weights.elements(of: source.name)
      if !elements.areFinite { notFinite.insert(source.name) }
      try source.taken(from: elements).withUnsafeBytes { try writer.write($0) }
    }
    try weights.reject(notFinite)

    return try writer.finish()
  }

  /// The checkpoint of the written weights.
  /// - Parameter end: the id that ends a text, as far as it is known.
  private func checkpoint(
    _ weights: ContentFile, _ configuration: ModelConfiguration, vocabularySize: Int, end: Int?
  ) throws -> Checkpoint {
    // Without the tokenizer, only the end is known, from config.json.
    var ids = end.map { SpecialIDs(pad: nil, begin: nil, end: $0) }
    if let tokenizer {
      let model = try SentencePieceModel(tokenizer)
      guard model.count <= vocabularySize else {
        throw fault(
          "the tokenizer",
          "the model knows \(vocabularySize) pieces, the tokenizer has \(model.count): give its own one")
      }
      ids = model.specialIDs
    }

    let configurationFile = ConfigurationFile.encode(
      configuration, vocabularySize: vocabularySize, ids: ids, tokenizer: tokenizer?.content.digest)
    let files =
      [weights] + ArtifactContent(bytes: configurationFile, name: "config.json").files
      + (try TransformersFiles.make(configuration, tokenizer: tokenizer))
    return try Checkpoint(content: ArtifactContent(files: files))
  }
}
