internal import ArtifactTypes
internal import CICU
internal import NativeLibraries
internal import Provenance

/// Words of a language that is written without spaces, through ICU's dictionaries.
///
/// A long-lived handle, used by one thread at a time.
final class WordBreaker {
  private let table: UnsafePointer<cicu_api>
  private let handle: UnsafeMutableRawPointer

  /// The version that the words depend on.
  static let version = EnvironmentFacet("ICU") {
    let table = try? LoadedLibrary.table("libColophonICU.so", symbol: "cicu_api_table", as: cicu_api.self)
    return table?.pointee.version().map { String(cString: $0) } ?? "missing"
  }

  /// - Parameter locale: such as `th`.
  /// - Throws: ``LoadedLibraryError`` when ICU is not there; ``MetadataError`` when it has no word breaker for the locale.
  init(locale: String) throws {
    table = try LoadedLibrary.table("libColophonICU.so", symbol: "cicu_api_table", as: cicu_api.self)
    var error: UnsafeMutablePointer<CChar>?
    guard let handle = table.pointee.open(locale, &error) else {
      throw Self.failure(table, locale, error)
    }
    self.handle = handle
  }

  deinit { table.pointee.close(handle) }

  /// The words, spaces and punctuation marks that a text consists of, in order.
  func pieces(_ text: String) throws -> [Substring] {
    var text = text
    let bytes = text.utf8.count
    var offsets = [Int64](repeating: 0, count: bytes + 1)
    var found = 0
    var error: UnsafeMutablePointer<CChar>?
    let failed = text.withUTF8 { buffer in
      buffer.withMemoryRebound(to: CChar.self) {
        table.pointee.boundaries(handle, $0.baseAddress, bytes, &offsets, bytes + 1, &found, &error)
      }
    }
    guard failed == 0 else { throw Self.failure(table, "\(bytes) bytes", error) }
    var start = text.startIndex
    return offsets.prefix(found).map { offset in
      let end = text.utf8.index(text.startIndex, offsetBy: Int(offset))
      defer { start = end }
      return text[start..<end]
    }
  }

  private static func failure(
    _ table: UnsafePointer<cicu_api>, _ subject: String, _ error: UnsafeMutablePointer<CChar>?
  ) -> MetadataError {
    defer { table.pointee.release(error) }
    return MetadataError(
      operation: "find word boundaries", subject: subject, cause: error.map { String(cString: $0) } ?? "no reason was given")
  }
}
