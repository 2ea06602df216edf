internal import Core
internal import FileFormats

/// An array's rows and their ids.
struct IdentifiedRows {
  let type: StoredType
  /// The number of elements of a row.
  let width: Int
  let shape: [Int]
  let ids: [ArraySlice<UInt8>]
  private let array: TensorSpan

  /// The number of rows.
  var count: Int { ids.count }
  /// Type and shape: `F32 [100, 8]`.
  var words: String { "\(type.rawValue) \(array.shapeText)" }

  /// - Parameter name: the array's file; `ids.txt` has a line for each of its rows.
  /// - Throws: ``OperationError`` when a file is missing, or the array has not a row for each id.
  init(_ content: ArtifactContent, array name: String) throws {
    func file(_ name: String) throws -> MappedBytes {
      guard let file = content[name] else {
        throw OperationError(
          operation: "read rows and their ids", subject: content.files.map(\.name).joined(separator: ", ").shortened,
          cause: "\(name) is missing")
      }
      return try MappedBytes(file)
    }

    // Slices, since one is looked up as the key of a dictionary without a copy.
    array = try TensorSpan(npy: try file(name))
    var lines = MappedLines(try file("ids.txt"), releases: true)
    var ids: [ArraySlice<UInt8>] = []
    while let line = lines.next() { ids.append(Array(line)[...]) }

    guard let type = array.type else {
      throw array.file.fault("read .npy", cause: "elements of the type \(array.typeName.shortened) are not known here")
    }
    guard let rows = array.shape.first, rows == ids.count else {
      throw array.file.fault(
        "read .npy", cause: "an array \(array.shapeText) has no row for each of \(ids.count) ids")
    }
    self.ids = ids
    self.type = type
    shape = array.shape
    width = rows == 0 ? shape.dropFirst().first ?? 1 : array.count / rows
  }

  /// A row's elements; valid as long as these rows live.
  func bytes(_ row: Int) -> UnsafeRawBufferPointer {
    let start = array.range.lowerBound + row * width * type.byteCount
    return array.file[start..<start + width * type.byteCount]
  }

  /// A row's id, for people.
  func id(_ row: Int) -> String { String(decoding: ids[row], as: UTF8.self).shortened }

  /// The row of each id; of ids that come twice the first.
  func rowsByID() -> [ArraySlice<UInt8>: Int] { Dictionary(zip(ids, ids.indices)) { first, _ in first } }
}
