public import ArtifactTypes
internal import CSentencePiece
internal import NativeLibraries
internal import Provenance

/// A loaded SentencePiece model. Loaded models never change; they may be used from any thread.
package final class SentencePieceModel: @unchecked Sendable {
  private let handle: OpaquePointer
  private let table: UnsafePointer<csentencepiece_api>

  /// - Throws: ``TrainingError`` when the bytes are no model; `LoadedLibraryError` when SentencePiece is not installed.
  package convenience init(_ tokenizer: Tokenizer) throws {
    try self.init(bytes: tokenizer.content.files[0].bytes())
  }

  package init(bytes: [UInt8]) throws {
    table = try Self.library()
    var message: UnsafeMutablePointer<CChar>?
    guard let handle = table.pointee.load(bytes, Int64(bytes.count), &message) else {
      throw Self.failure("load the tokenizer", "\(bytes.count) bytes", message, table)
    }
    self.handle = handle
  }

  deinit { table.pointee.release(handle) }

  /// How many pieces there are, the special ones included.
  package var count: Int { Int(table.pointee.piece_count(handle)) }

  /// The id of the padding piece.
  package var pad: Int { Int(table.pointee.pad(handle)) }

  /// The id of the piece that begins a text.
  package var begin: Int { Int(table.pointee.begin(handle)) }

  /// The id of the piece that ends a text.
  package var end: Int { Int(table.pointee.end(handle)) }

  /// The id of the piece for what has no piece of its own.
  package var unknown: Int { Int(table.pointee.unknown(handle)) }

  /// The text's ids, without a beginning or an end.
  package func encode(_ text: String) throws -> [Int32] {
    var text = text
    return try text.withUTF8 { bytes in
      // Pieces are whole characters, and the model puts one mark in front: there are at most so many ids, normalisation aside.
      var ids = [Int32](repeating: 0, count: bytes.count + 2)
      while true {
        var message: UnsafeMutablePointer<CChar>?
        let count = Int(table.pointee.encode(handle, bytes.baseAddress, Int64(bytes.count), &ids, Int64(ids.count), &message))
        guard count >= 0 else { throw Self.failure("encode a text", "\(bytes.count) bytes", message, table) }
        if count <= ids.count { return Array(ids.prefix(count)) }
        ids = [Int32](repeating: 0, count: count)
      }
    }
  }

  /// The text of ids; special pieces are left out.
  /// - Throws: ``TrainingError`` for an id that there is no piece of.
  package func decode(_ ids: [Int32]) throws -> String {
    var message: UnsafeMutablePointer<CChar>?
    var size: Int64 = 0
    guard let bytes = table.pointee.decode(handle, ids, Int64(ids.count), &size, &message) else {
      throw Self.failure("decode ids", "\(ids.count) ids", message, table)
    }
    defer { table.pointee.release_bytes(bytes) }
    return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(size)), as: UTF8.self)
  }

  /// The piece of an id; `nil` when there is none.
  package func piece(_ id: Int32) -> String? {
    var size: Int64 = 0
    guard let bytes = table.pointee.piece(handle, id, &size) else { return nil }
    defer { table.pointee.release_bytes(bytes) }
    return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(size)), as: UTF8.self)
  }

  /// Trains a unigram model.
  /// - Parameters:
  ///   - texts: the UTF-8 of all texts, one after the other.
  ///   - offsets: where each begins; one more than there are texts.
  /// - Returns: the model's bytes.
  static func train(
    texts: [UInt8], offsets: [Int64], vocabulary: Int, coverage: Double, normalization: String, threads: Int
  ) throws -> [UInt8] {
    let table = try library()
    var message: UnsafeMutablePointer<CChar>?
    var size: Int64 = 0
    let bytes = normalization.withCString { name in
      var settings = csentencepiece_training(
        vocabulary_size: Int32(clamping: vocabulary), unknown: SpecialPieces.unknown, pad: SpecialPieces.pad,
        begin: SpecialPieces.begin, end: SpecialPieces.end, threads: Int32(clamping: threads), character_coverage: coverage,
        normalization: name)
      return table.pointee.train(&settings, texts, offsets, Int64(offsets.count - 1), &size, &message)
    }
    guard let bytes else { throw failure("train the tokenizer", "\(offsets.count - 1) texts", message, table) }
    defer { table.pointee.release_bytes(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: Int(size)))
  }

  private static func library() throws -> UnsafePointer<csentencepiece_api> {
    try LoadedLibrary.table("libColophonSentencePiece.so", symbol: "csentencepiece_api_table", as: csentencepiece_api.self)
  }

  private static func failure(
    _ operation: String, _ subject: String, _ message: UnsafeMutablePointer<CChar>?, _ table: UnsafePointer<csentencepiece_api>
  ) -> TrainingError {
    let cause = message.map { String(cString: $0) } ?? "no reason was given"
    if let message { table.pointee.release_error(message) }
    return TrainingError(operation: operation, subject: subject, cause: cause)
  }
}

/// The ids of the special pieces of every tokenizer that is trained here.
package enum SpecialPieces {
  package static let pad: Int32 = 0
  package static let unknown: Int32 = 1
  package static let begin: Int32 = 2
  package static let end: Int32 = 3
}

extension Tokenizer {
  /// The pieces of a text, for people to read; `▁` marks where a word begins.
  public func pieces(of text: String) throws -> [String] {
    let model = try SentencePieceModel(self)
    return try model.encode(text).map { model.piece($0) ?? "" }
  }

  /// How many pieces there are, the special ones included.
  public func vocabularySize() throws -> Int { try SentencePieceModel(self).count }
}
