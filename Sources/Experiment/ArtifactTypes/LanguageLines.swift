internal import Core
package import FileFormats

/// One language's lines of JSON, read in pieces; what was read takes no memory any more.
///
/// Several threads may read different pieces at once.
package final class LanguageLines: Sendable {
  private let name: String
  private let bytes: MappedBytes

  init(_ file: ContentFile) throws {
    name = file.name
    bytes = try MappedBytes(file)
  }

  /// How many bytes the lines have.
  package var byteCount: Int { bytes.bytes.count }

  /// Ranges of whole lines of about `size` bytes; they depend on the bytes alone.
  package func pieces(size: Int = 1 << 22) -> [Range<Int>] { bytes.pieces(size: size) }

  /// Calls `body` with a cursor at each line of a piece and the line's offset in the file.
  /// - Throws: ``OperationError`` with the line at fault; what `body` throws.
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
