internal import CSentencePiece

extension SentencePieceModel {
  /// Trains a unigram model.
  /// - Parameters:
  ///   - texts: the UTF-8 of all texts, one after the other.
  ///   - offsets: the position of each text's first byte, and the number of bytes; one more than there are texts.
  ///   - vocabulary: the largest number of pieces, special ones included.
  ///   - coverage: the share of all characters that get pieces of their own.
  ///   - normalization: the name of SentencePiece's rule for normalising texts.
  ///   - threads: the number of threads; another number gives other last bits.
  ///   - special: the ids of the special pieces.
  /// - Returns: the model's bytes.
  /// - Throws: ``OperationError`` with SentencePiece's reason; `LoadedLibraryError` when it is not installed.
  package static func train(
    texts: [UInt8], offsets: [Int64], vocabulary: Int, coverage: Double, normalization: String, threads: Int,
    special: SpecialPieces = SpecialPieces()
  ) throws -> [UInt8] {
    let table = try library()
    var message: UnsafeMutablePointer<CChar>?
    var size: Int64 = 0

    let bytes = normalization.withCString { name in
      var settings = csentencepiece_training(
        vocabulary_size: Int32(clamping: vocabulary), unknown: special.unknown, pad: special.pad,
        begin: special.begin, end: special.end, threads: Int32(clamping: threads), character_coverage: coverage,
        normalization: name)
      return table.pointee.train(&settings, texts, offsets, Int64(offsets.count - 1), &size, &message)
    }

    guard let bytes else {
      throw failure("train the tokenizer", "\(offsets.count - 1) texts", taking: message, from: table)
    }
    defer { table.pointee.release_bytes(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: Int(size)))
  }
}
