internal import CFastText
internal import NativeLibraries

/// A fastText model that names the language of a text.
///
/// Sendable: the handle is only read after `init`, which fastText allows on several threads.
final class FastTextModel: @unchecked Sendable {
  private let table: UnsafePointer<cfasttext_api>
  private let handle: UnsafeMutableRawPointer

  /// - Throws: ``LoadedLibraryError`` when fastText is not there; ``CurationError`` when the file is no model.
  init(path: String) throws {
    let table = try LoadedLibrary.table("libColophonFastText.so", symbol: "cfasttext_api_table", as: cfasttext_api.self)
    var error: UnsafeMutablePointer<CChar>?
    guard let handle = table.pointee.open(path, &error) else {
      defer { table.pointee.release(error) }
      throw CurationError(
        operation: "open the language model", subject: path,
        cause: error.map { String(cString: $0) } ?? "no reason was given")
    }
    self.table = table
    self.handle = handle
  }

  deinit { table.pointee.close(handle) }

  /// The most probable label, without its prefix, and its probability; `nil` when the model knows nothing of the text.
  func predict(_ text: String) throws -> (label: String, probability: Double)? {
    var text = text
    var label = [CChar](repeating: 0, count: 64)
    var probability: Float = 0
    var error: UnsafeMutablePointer<CChar>?
    let failed = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        table.pointee.predict(handle, $0.baseAddress, $0.count, &label, label.count, &probability, &error)
      }
    }
    guard failed == 0 else {
      defer { table.pointee.release(error) }
      throw CurationError(
        operation: "identify a language", subject: "“\(text.prefix(40))”",
        cause: error.map { String(cString: $0) } ?? "no reason was given")
    }
    let name = String(decoding: label.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return name.isEmpty ? nil : (name, Double(probability))
  }
}
