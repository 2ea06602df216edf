internal import ArtifactTypes
internal import FileFormats

/// The ids of a pair and its picture in the JSON of a sample.
package enum PairNames {
  /// Reads `id` and `image` of a record, up to the first fault in it.
  /// - Returns: `nil` for an id that is empty, or missing in the part that can be read.
  package static func read(_ bytes: UnsafeRawBufferPointer) -> (id: String?, image: String?) {
    var names: (id: String?, image: String?) = (nil, nil)
    var cursor = JSONCursor(bytes)
    guard (try? cursor.beginObject()) != nil else { return names }
    while let name = try? cursor.nextKey() {
      do {
        switch name {
        case "id": names.id = try string(&cursor)
        case "image": names.image = try string(&cursor)
        default: try cursor.skip()
        }
      } catch {
        break
      }
    }
    return (names.id.flatMap { $0.isEmpty ? nil : $0 }, names.image.flatMap { $0.isEmpty ? nil : $0 })
  }

  private static func string(_ cursor: inout JSONCursor) throws -> String? {
    try cursor.skipNull() ? nil : try cursor.string()
  }
}
