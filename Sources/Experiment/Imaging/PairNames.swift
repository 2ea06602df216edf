internal import ArtifactTypes
internal import FileFormats

/// What a sample's JSON calls its pair and its picture.
package enum PairNames {
  /// The `id` and `image` of a record, whatever else is wrong with it; `nil` for one that is empty or not there.
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
