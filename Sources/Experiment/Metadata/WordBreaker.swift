internal import ArtifactTypes
internal import CICU
internal import Core
internal import LibraryLoading

/// Finds the words of a language that is written without spaces, through ICU's dictionaries.
///
/// A long-lived handle, used by one thread at a time.
package final class WordBreaker {
  private let table: UnsafePointer<cicu_api>
  private let handle: UnsafeMutableRawPointer
  private var offsets: [Int32] = []

  /// The number of boundaries that are fetched from ICU at once.
  private static let capacity = 4096

  /// The version that the words depend on.
  static let version = EnvironmentFacet("ICU") {
    let table = try? LoadedLibrary.table("libColophonICU.so", symbol: "cicu_api_table", as: cicu_api.self)
    return table?.pointee.version().map { String(cString: $0) } ?? "missing"
  }

  /// Opens the dictionary of a locale.
  /// - Parameter locale: such as `th`.
  /// - Throws: ``LoadedLibraryError`` when ICU is missing; ``OperationError`` when it has no word breaker for the
  ///   locale.
  package init(locale: String) throws {
    table = try LoadedLibrary.table("libColophonICU.so", symbol: "cicu_api_table", as: cicu_api.self)
    var error: UnsafeMutablePointer<CChar>?
    guard let handle = table.pointee.open(locale, &error) else {
      throw Self.failure(locale, error, from: table)
    }
    self.handle = handle
  }

  deinit { table.pointee.close(handle) }

  /// Calls `body` with the ranges of the words, spaces and punctuation marks that a text consists of, in order.
  /// - Parameter text: valid UTF-8, less than 2 GiB.
  package func forEachPiece(in text: UnsafeRawBufferPointer, _ body: (Range<Int>) throws -> Void) throws {
    guard let bytes = text.bindMemory(to: CChar.self).baseAddress else { return }
    var error: UnsafeMutablePointer<CChar>?
    guard table.pointee.begin(handle, bytes, text.count, &error) == 0 else {
      throw Self.failure("\(text.count) bytes", error, from: table)
    }

    if offsets.isEmpty { offsets = [Int32](repeating: 0, count: Self.capacity) }
    var start = 0
    while true {
      let found = table.pointee.next(handle, &offsets, Self.capacity)
      for index in 0..<found {
        let end = Int(offsets[index])
        try body(start..<end)
        start = end
      }
      if found < Self.capacity { return }
    }
  }

  private static func failure(
    _ subject: String, _ error: UnsafeMutablePointer<CChar>?, from table: UnsafePointer<cicu_api>
  ) -> OperationError {
    defer { table.pointee.release(error) }
    return OperationError(
      operation: "find word boundaries", subject: subject,
      cause: error.map { String(cString: $0) } ?? "no reason was given")
  }
}
