public import ArtifactTypes
internal import CSentencePiece
internal import Core
internal import LibraryLoading

/// A loaded SentencePiece model with its rule of ids. Loaded models never change; they may be used from any thread.
///
/// Source of the rule of fairseq: transformers, `XLMRobertaTokenizer`: four special ids, one more than the file's three (`<unk>`, `<s>`,
/// `</s>`), so that every other piece's id is one more than the file's; `<mask>` behind the last.
package final class SentencePieceModel: @unchecked Sendable {
  private let handle: OpaquePointer
  private let table: UnsafePointer<csentencepiece_api>
  private let ids: Tokenizer.IDs

  /// - Throws: ``OperationError`` when the bytes are no model; `LoadedLibraryError` when SentencePiece is not installed.
  package convenience init(_ tokenizer: Tokenizer) throws {
    try self.init(bytes: tokenizer.model().bytes(), ids: tokenizer.ids)
  }

  package init(bytes: [UInt8], ids: Tokenizer.IDs = .stored) throws {
    table = try Self.library()
    self.ids = ids
    var message: UnsafeMutablePointer<CChar>?
    guard let handle = table.pointee.load(bytes, Int64(bytes.count), &message) else {
      throw Self.failure("load the tokenizer", "\(bytes.count) bytes", message, table)
    }
    self.handle = handle
    let (unknown, begin, end) = (table.pointee.unknown(handle), table.pointee.begin(handle), table.pointee.end(handle))
    if ids == .fairseq, (unknown, begin, end) != (0, 1, 2) {
      throw OperationError(
        operation: "load the tokenizer", subject: "\(bytes.count) bytes",
        cause:
          "ids of fairseq need a model with <unk> 0, <s> 1 and </s> 2, here they are \(unknown), \(begin) and \(end): take its "
          + "stored ids")
    }
  }

  deinit { table.pointee.release(handle) }

  /// How many ids there are, the special ones included.
  package var count: Int { Int(table.pointee.piece_count(handle)) + (ids == .fairseq ? 2 : 0) }

  /// The id of the padding piece; negative when there is none.
  package var pad: Int { ids == .fairseq ? 1 : Int(table.pointee.pad(handle)) }

  /// The id of the piece that begins a text, whether or not texts are framed with it; negative when there is none.
  package var begin: Int { ids == .fairseq ? 0 : Int(table.pointee.begin(handle)) }

  /// The id of the piece that ends a text; negative when there is none.
  package var end: Int { ids == .fairseq ? 2 : Int(table.pointee.end(handle)) }

  /// The id of the piece for what has no piece of its own.
  package var unknown: Int { ids == .fairseq ? 3 : Int(table.pointee.unknown(handle)) }

  /// The ids that pad, begin and end a text.
  package var specialIDs: SpecialIDs { SpecialIDs(pad: pad < 0 ? nil : pad, begin: begin < 0 ? nil : begin, end: end) }

  /// What the text encoder reads: the ids, cut to the context, with the end and, under fairseq's rule, the beginning.
  /// - Parameter contextLength: at least 2.
  package func framed(_ ids: [Int32], contextLength: Int) -> [Int32] {
    let head = self.ids == .fairseq ? [Int32(begin)] : []
    return head + ids.prefix(max(contextLength - head.count - 1, 0)) + [Int32(end)]
  }

  /// An id of the file as the text encoder's. Only ids that encoding gives are asked for: the unknown piece and ordinary ones.
  private func outer(_ id: Int32) -> Int32 { ids == .stored ? id : id == 0 ? 3 : id + 1 }

  /// The file's id of one of ours; `nil` for the special ones that it has not.
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
  package func encode(_ text: String) throws -> [Int32] {
    var text = text
    return try text.withUTF8 { bytes in
      // Pieces are whole characters, and the model puts one mark in front: there are at most so many ids, normalisation aside.
      var ids = [Int32](repeating: 0, count: bytes.count + 2)
      while true {
        var message: UnsafeMutablePointer<CChar>?
        let count = Int(
          table.pointee.encode(handle, bytes.baseAddress, Int64(bytes.count), &ids, Int64(ids.count), &message))
        guard count >= 0 else { throw Self.failure("encode a text", "\(bytes.count) bytes", message, table) }
        if count <= ids.count { return ids.prefix(count).map(outer) }
        ids = [Int32](repeating: 0, count: count)
      }
    }
  }

  /// The text of ids; special pieces are left out.
  /// - Throws: ``OperationError`` for an id that there is no piece of.
  package func decode(_ ids: [Int32]) throws -> String {
    let ids = ids.compactMap(inner)
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
    guard let id = inner(id) else { return id == 1 ? "<pad>" : "<mask>" }
    guard let bytes = table.pointee.piece(handle, id, &size) else { return nil }
    defer { table.pointee.release_bytes(bytes) }
    return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(size)), as: UTF8.self)
  }

  static func library() throws -> UnsafePointer<csentencepiece_api> {
    try LoadedLibrary.table(
      "libColophonSentencePiece.so", symbol: "csentencepiece_api_table", as: csentencepiece_api.self)
  }

  static func failure(
    _ operation: String, _ subject: String, _ message: UnsafeMutablePointer<CChar>?,
    _ table: UnsafePointer<csentencepiece_api>
  ) -> OperationError {
    let cause = message.map { String(cString: $0) } ?? "no reason was given"
    if let message { table.pointee.release_error(message) }
    return OperationError(operation: operation, subject: subject, cause: cause)
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
