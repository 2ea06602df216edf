package import ArtifactTypes
package import Core

/// The files with which the transformers library prepares pictures and texts for a model that was trained here.
package enum TransformersFiles {
  /// `preprocessor_config.json` and, for a tokenizer with the ids of fairseq, `sentencepiece.bpe.model` and
  /// `tokenizer_config.json`.
  ///
  /// For ids that are stored in the model, no class of that library is sure to give the same ones, so that none is
  /// named.
  /// - Throws: when the tokenizer's model cannot be read.
  package static func make(_ configuration: ModelConfiguration, tokenizer: Tokenizer?) throws -> [ContentFile] {
    var files = ArtifactContent(bytes: pictures(size: configuration.pictureSize), name: "preprocessor_config.json")
      .files
    if let tokenizer, tokenizer.ids == .fairseq {
      let model = try tokenizer.model()
      files.append(
        ContentFile(
          name: "sentencepiece.bpe.model", digest: model.digest, byteCount: model.byteCount,
          location: .memory(try model.bytes()))
      )

      let settings = object([
        "tokenizer_class": .text("XLMRobertaTokenizer"),
        "model_max_length": .integer(Int64(configuration.contextLength)),
      ])
      files += ArtifactContent(bytes: Array(settings.json.utf8), name: "tokenizer_config.json").files
    }
    return files
  }

  /// The settings that prepare pictures: the short side resized by bicubic interpolation, the centre cut out, the
  /// channels normalised.
  ///
  /// Source of the steps and numbers: MetaCLIP 2, §6; of the names: transformers, `CLIPImageProcessor`.
  /// - Parameter size: pixels of a picture's side.
  private static func pictures(size: Int) -> [UInt8] {
    func numbers(_ numbers: [Double]) -> CanonicalValue { .list(numbers.map { .number($0) }) }
    let side = CanonicalValue.integer(Int64(size))
    return Array(
      object([
        "image_processor_type": .text("CLIPImageProcessor"), "do_resize": .boolean(true),
        "size": object(["shortest_edge": side]),
        // 3: bicubic, as Pillow counts its filters.
        "resample": .integer(3), "do_center_crop": .boolean(true),
        "crop_size": object(["height": side, "width": side]),
        "do_rescale": .boolean(true), "rescale_factor": .number(1.0 / 255), "do_normalize": .boolean(true),
        "do_convert_rgb": .boolean(true), "image_mean": numbers([0.481_454_66, 0.457_827_5, 0.408_210_73]),
        "image_std": numbers([0.268_629_54, 0.261_302_58, 0.275_777_11]),
      ]).json.utf8)
  }

  private static func object(_ fields: [String: CanonicalValue]) -> CanonicalValue {
    .record(fields.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) })
  }
}
