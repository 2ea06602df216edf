internal import CSentencePiece

extension SentencePieceModel {
  /// Trains a unigram model.
  /// - Parameters:
  ///   - texts: the UTF-8 of all texts, one after the other.
  ///   - offsets: where each begins; one more than there are texts.
  ///   - special: the ids of the special pieces; a negative one leaves its piece out.
  /// - Returns: the model's bytes.
  package static func train(
    texts: [UInt8], offsets: [Int64], vocabulary: Int, coverage: Double, normalization: String, threads: Int,
    special: (unknown: Int32, pad: Int32, begin: Int32, end: Int32) = (
      SpecialPieces.unknown, SpecialPieces.pad, SpecialPieces.begin, SpecialPieces.end
    )
  ) throws -> [UInt8] {
    let table = try library()
    var message: UnsafeMutablePointer<CChar>?
    var size: Int64 = 0
    let bytes = normalization.withCString { name in
      var settings = csentencepiece_training(
        vocabulary_size: Int32(clamping: vocabulary), unknown: special.unknown, pad: special.pad, begin: special.begin,
        end: special.end, threads: Int32(clamping: threads), character_coverage: coverage,
        normalization: name)
      return table.pointee.train(&settings, texts, offsets, Int64(offsets.count - 1), &size, &message)
    }
    guard let bytes else { throw failure("train the tokenizer", "\(offsets.count - 1) texts", message, table) }
    defer { table.pointee.release_bytes(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: Int(size)))
  }
}
