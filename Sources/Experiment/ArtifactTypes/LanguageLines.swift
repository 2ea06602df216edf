internal import Core
package import FileFormats

/// One language's lines of JSON, read in pieces. A piece that has been read takes no memory any more.
///
/// Several threads may read different pieces at once.
package final class LanguageLines: Sendable {
  private let name: String
  private let bytes: MappedBytes

  init(_ file: ContentFile) throws {
    name = file.name
    bytes = try MappedBytes(file)
  }

  /// The size of all lines in bytes.
  package var byteCount: Int { bytes.bytes.count }

  /// Cuts the file into ranges of whole lines of about `size` bytes, which depend only on the bytes.
  package func pieces(size: Int = 1 << 22) -> [Range<Int>] { bytes.pieces(size: size) }

  /// Calls `body` with a cursor at each line of a piece, and the line's offset in the file in bytes.
  /// - Throws: ``OperationError`` with the line at fault; the errors of `body`.
  package func forEach(in piece: Range<Int>, _ body: (inout JSONCursor, _ offset: Int) throws -> Void) throws {
    guard let base = bytes.bytes.baseAddress else { return }
    try bytes.forEachLine(in: piece) { line in
      guard let start = line.baseAddress else { return }
      let offset = start - base
      var cursor = JSONCursor(line)
      do {
        try body(&cursor, offset)
        try cursor.end()
      } catch let fault as JSONCursor.Fault {
        throw OperationError(
          operation: "read", subject: "\(name), line \(bytes.line(at: offset))", cause: fault.description)
      }
    }
    bytes.giveBack(piece)
  }
}
