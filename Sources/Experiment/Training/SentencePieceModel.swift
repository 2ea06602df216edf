public import ArtifactTypes
internal import CSentencePiece
internal import Core
internal import LibraryLoading

/// A loaded SentencePiece model with its rule of ids. Loaded models never change; they may be used from any thread.
///
/// Source of the rule of fairseq: transformers, `XLMRobertaTokenizer`: four special ids, one more than the file's three
/// (`<unk>`, `<s>`, `</s>`), so that every other piece's id is one more than the file's; `<mask>` after the last.
package final class SentencePieceModel: @unchecked Sendable {
  private let handle: OpaquePointer
  private let table: UnsafePointer<csentencepiece_api>
  private let ids: Tokenizer.IDs

  /// Loads a tokenizer's model.
  /// - Throws: ``OperationError`` when it is not a model; `LoadedLibraryError` when SentencePiece is not installed.
  package convenience init(_ tokenizer: Tokenizer) throws {
    try self.init(bytes: tokenizer.model().bytes(), ids: tokenizer.ids)
  }

  /// Loads a model from the bytes of its file.
  /// - Parameter ids: the rule for the ids that the text encoder sees.
  /// - Throws: ``OperationError`` when the bytes are not a model, or not one for this rule; `LoadedLibraryError` when
  ///   SentencePiece is not installed.
  package init(bytes: [UInt8], ids: Tokenizer.IDs = .stored) throws {
    table = try Self.library()
    self.ids = ids
    var message: UnsafeMutablePointer<CChar>?
    guard let handle = table.pointee.load(bytes, Int64(bytes.count), &message) else {
      throw Self.failure("load the tokenizer", "\(bytes.count) bytes", taking: message, from: table)
    }
    self.handle = handle

    let (unknown, begin, end) = (table.pointee.unknown(handle), table.pointee.begin(handle), table.pointee.end(handle))
    if ids == .fairseq, (unknown, begin, end) != (0, 1, 2) {
      throw OperationError(
        operation: "load the tokenizer", subject: "\(bytes.count) bytes",
        cause: """
          ids of fairseq need a model with <unk> 0, <s> 1 and </s> 2, here they are \(unknown), \(begin) and \(end): \
          take its stored ids
          """)
    }
  }

  deinit { table.pointee.release(handle) }

  /// The number of ids, the special ones included.
  package var count: Int { Int(table.pointee.piece_count(handle)) + (ids == .fairseq ? 2 : 0) }

  /// The id of the padding piece; negative when there is none.
  package var pad: Int { ids == .fairseq ? 1 : Int(table.pointee.pad(handle)) }

  /// The id of the piece that begins a text, whether or not texts are framed with it; negative when there is none.
  package var begin: Int { ids == .fairseq ? 0 : Int(table.pointee.begin(handle)) }

  /// The id of the piece that ends a text; negative when there is none.
  package var end: Int { ids == .fairseq ? 2 : Int(table.pointee.end(handle)) }

  /// The id of the piece for characters that have no piece of their own.
  package var unknown: Int { ids == .fairseq ? 3 : Int(table.pointee.unknown(handle)) }

  /// The ids that pad, begin and end a text.
  package var specialIDs: SpecialIDs { SpecialIDs(pad: pad < 0 ? nil : pad, begin: begin < 0 ? nil : begin, end: end) }

  /// The ids that the text encoder reads: those of a text, cut to the context, with the end and, under fairseq's rule,
  /// the beginning.
  /// - Parameter contextLength: the largest number of ids, at least 2.
  package func framed(_ ids: [Int32], contextLength: Int) -> [Int32] {
    let head = self.ids == .fairseq ? [Int32(begin)] : []
    return head + ids.prefix(max(contextLength - head.count - 1, 0)) + [Int32(end)]
  }

  /// The text encoder's id for one of the file's. Only the ids that encoding returns are passed: the unknown piece and
  /// ordinary ones.
  private func outer(_ id: Int32) -> Int32 { ids == .stored ? id : id == 0 ? 3 : id + 1 }

  /// The file's id for one of the text encoder's; `nil` for the special ones that it does not have.
  private func inner(_ id: Int32) -> Int32? {
    guard ids == .fairseq else { return id }
    return switch id {
    case 0: 1
    case 1: nil
    case 2: 2
    case 3: 0
    case Int32(count - 1): nil
    default: id - 1
    }
  }

  /// The text's ids, without a beginning or an end.
  /// - Throws: ``OperationError`` with SentencePiece's reason.
  package func encode(_ text: String) throws -> [Int32] {
    var text = text
    return try text.withUTF8 { bytes in
      // Pieces are whole characters, and the model puts one mark in front: there are at most that many ids, unless
      // normalisation makes the text longer.
      var ids = [Int32](repeating: 0, count: bytes.count + 2)
      while true {
        var message: UnsafeMutablePointer<CChar>?
        let count = Int(
          table.pointee.encode(handle, bytes.baseAddress, Int64(bytes.count), &ids, Int64(ids.count), &message))
        guard count >= 0 else {
          throw Self.failure("encode a text", "\(bytes.count) bytes", taking: message, from: table)
        }
        if count <= ids.count { return ids.prefix(count).map(outer) }
        ids = [Int32](repeating: 0, count: count)
      }
    }
  }

  /// The text of ids; special pieces are left out.
  /// - Throws: ``OperationError`` for an id without a piece.
  package func decode(_ ids: [Int32]) throws -> String {
    let ids = ids.compactMap(inner)
    var message: UnsafeMutablePointer<CChar>?
    var size: Int64 = 0
    guard let bytes = table.pointee.decode(handle, ids, Int64(ids.count), &size, &message) else {
      throw Self.failure("decode ids", "\(ids.count) ids", taking: message, from: table)
    }
    defer { table.pointee.release_bytes(bytes) }
    return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(size)), as: UTF8.self)
  }

  /// The piece of an id; `nil` when there is none.
  package func piece(_ id: Int32) -> String? {
    var size: Int64 = 0
    guard let id = inner(id) else { return id == 1 ? "<pad>" : "<mask>" }
    guard let bytes = table.pointee.piece(handle, id, &size) else { return nil }
    defer { table.pointee.release_bytes(bytes) }
    return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(size)), as: UTF8.self)
  }

  static func library() throws -> UnsafePointer<csentencepiece_api> {
    try LoadedLibrary.table(
      "libColophonSentencePiece.so", symbol: "csentencepiece_api_table", as: csentencepiece_api.self)
  }

  /// An error with the reason of the library.
  /// - Parameter message: is released.
  static func failure(
    _ operation: String, _ subject: String, taking message: UnsafeMutablePointer<CChar>?,
    from table: UnsafePointer<csentencepiece_api>
  ) -> OperationError {
    let cause = message.map { String(cString: $0) } ?? "no reason was given"
    if let message { table.pointee.release_error(message) }
    return OperationError(operation: operation, subject: subject, cause: cause)
  }
}

/// The ids of the special pieces of a model to be trained; a negative id leaves its piece out.
///
/// The default ids are those of every tokenizer that ``TrainTokenizer`` trains.
package struct SpecialPieces: Sendable {
  /// Fills a batch's shorter texts.
  package let pad: Int32
  /// Stands for characters without a piece.
  package let unknown: Int32
  /// Stands before a text.
  package let begin: Int32
  /// Ends a text.
  package let end: Int32

  /// The default ids, or others.
  package init(pad: Int32 = 0, unknown: Int32 = 1, begin: Int32 = 2, end: Int32 = 3) {
    self.pad = pad
    self.unknown = unknown
    self.begin = begin
    self.end = end
  }
}

extension Tokenizer {
  /// The pieces of a text, for people to read; `▁` marks the beginning of a word.
  /// - Throws: ``OperationError`` when the tokenizer cannot be loaded.
  public func pieces(of text: String) throws -> [String] {
    let model = try SentencePieceModel(self)
    return try model.encode(text).map { model.piece($0) ?? "" }
  }

  /// The number of pieces, the special ones included.
  /// - Throws: ``OperationError`` when the tokenizer cannot be loaded.
  public func vocabularySize() throws -> Int { try SentencePieceModel(self).count }
}
