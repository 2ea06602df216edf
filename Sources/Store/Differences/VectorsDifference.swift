internal import Core
internal import FileFormats

/// What changed in rows under ids: `embeddings/1`, `picture-hashes/1`, an array and `ids.txt` with a line for each of its rows.
enum VectorsDifference {
  /// - Parameter array: the array's name: `embeddings.npy`.
  static func fill(
    _ difference: inout ArtifactDifference, _ old: ArtifactContent, _ new: ArtifactContent, _ array: String,
    _ limits: DifferenceLimits
  ) throws {
    let before = try IdentifiedRows(old, array)
    let after = try IdentifiedRows(new, array)
    guard before.type == after.type, before.width == after.width else {
      difference.headline = "\(before.words) → \(after.words)"
      difference.sections.append(
        ArtifactDifference.Section(
          "Shape", columns: ["before", "after"], rows: [[.init(before.words, .gone), .init(after.words, .added)]]))
      return
    }
    var places = before.places()
    var (same, changed, added, mean) = (0, 0, 0, 0.0)
    var farthest = Ranked<Pair<Double, Int>, [ArtifactDifference.Cell]>(limit: limits.rows)
    var rows: [[ArtifactDifference.Cell]] = []
    for row in 0..<after.count {
      guard let old = places.removeValue(forKey: after.ids[row]) else {
        added += 1
        if rows.count < limits.rows { rows.append([.init("new", .added), .init(after.id(row))]) }
        continue
      }
      let (a, b) = (before.bytes(old), after.bytes(row))
      if a.hasBytes(of: b) {
        same += 1
        mean += 1
        continue
      }
      changed += 1
      var found = TensorStatistics()
      found.add(a, b, before.type, 0..<before.width)
      let cosine = found.cosine ?? 0
      mean += cosine
      let isWhole = before.type.isWhole
      let cell = isWhole ? "\(differingBits(a, b)) bits" : TensorsDifference.cosineWords(cosine)
      farthest.add(
        Pair(isWhole ? -Double(differingBits(a, b)) : cosine, row),
        [.init(after.id(row)), .init(cell, .changed), .init(NumberWords.short(found.largest))])
    }
    for row in places.values.sorted().prefix(max(0, limits.rows - rows.count)) {
      rows.append([.init("gone", .gone), .init(before.id(row))])
    }
    withExtendedLifetime((before, after)) {}
    let gone = places.count
    let matched = same + changed
    let parts = NumberWords.list([
      (changed, changed == 1 ? "row changed" : "rows changed"), (added, "new"), (gone, "gone"), (same, "the same"),
    ])
    let isOrderOnly = changed + added + gone == 0
    difference.headline = isOrderOnly ? "the same rows in another order" : parts
    if changed > 0, !before.type.isWhole {
      difference.headline += "; mean cosine \(TensorsDifference.cosineWords(mean / Double(max(1, matched))))"
    }
    difference.counts = [
      .init("rows changed", changed), .init("rows new", added), .init("rows gone", gone), .init("rows the same", same),
    ]
    if farthest.count > 0 {
      difference.sections.append(
        ArtifactDifference.Section(
          "Farthest rows", columns: ["id", before.type.isWhole ? "differ in" : "cosine", "largest difference"],
          rows: farthest.items,
          omitted: farthest.omitted))
    }
    if !rows.isEmpty {
      difference.sections.append(
        ArtifactDifference.Section(
          "Rows new and gone", columns: ["", "id"], rows: rows, omitted: added + gone - rows.count))
    }
  }

  private static func differingBits(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
    zip(a, b).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
  }
}

/// Two values that are ordered by the first, then by the second.
struct Pair<First: Comparable, Second: Comparable>: Comparable {
  var first: First
  var second: Second

  init(_ first: First, _ second: Second) {
    self.first = first
    self.second = second
  }

  static func < (a: Pair, b: Pair) -> Bool { a.first != b.first ? a.first < b.first : a.second < b.second }
}

/// An array's rows and their ids.
struct IdentifiedRows {
  let type: ElementType
  /// Elements of a row.
  let width: Int
  let shape: [Int]
  let ids: [ArraySlice<UInt8>]
  private let file: MappedFile
  private let start: Int

  var count: Int { ids.count }
  var words: String { "\(type.rawValue) [\(shape.map(String.init).joined(separator: ", "))]" }

  /// - Throws: ``OperationError`` when a file is missing, or the array has not a row for each id.
  init(_ content: ArtifactContent, _ array: String) throws {
    func file(_ name: String) throws -> MappedFile {
      guard let file = content[name] else {
        throw OperationError(
          operation: "read rows and their ids", subject: content.files.map(\.name).joined(separator: ", ").shortened,
          cause: "\(name) is missing")
      }
      return try MappedFile(file)
    }
    self.file = try file(array)
    let span = try NPYFile.read(self.file)
    let names = try file("ids.txt")
    var ids: [ArraySlice<UInt8>] = []
    var reader = LineReader(names)
    while let line = reader.next() { ids.append(Array(line)[...]) }
    guard let type = span.type else {
      throw self.file.fault("read .npy", "elements of the type \(span.typeName.shortened) are not known here")
    }
    guard let rows = span.shape.first, rows == ids.count else {
      throw self.file.fault("read .npy", "an array \(span.shapeText) has no row for each of \(ids.count) ids")
    }
    self.ids = ids
    self.type = type
    shape = span.shape
    width = rows == 0 ? span.shape.dropFirst().first ?? 1 : span.count / rows
    start = span.range.lowerBound
  }

  func bytes(_ row: Int) -> UnsafeRawBufferPointer {
    let size = width * type.size
    return file[start + row * size..<start + (row + 1) * size]
  }

  func id(_ row: Int) -> String { String(decoding: ids[row], as: UTF8.self).shortened }

  /// The row of each id; of ids that come twice the first.
  func places() -> [ArraySlice<UInt8>: Int] { Dictionary(zip(ids, ids.indices)) { first, _ in first } }
}
