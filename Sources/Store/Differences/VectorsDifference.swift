internal import Core
internal import FileFormats
internal import TextFormatting

/// The changes in rows with ids: `embeddings/1`, `picture-hashes/1`, an array and `ids.txt` with a line for each row.
enum VectorsDifference {
  /// - Parameter array: the array's name: `embeddings.npy`.
  static func of(
    _ contents: Sides<ArtifactContent>, array: String, limits: DifferenceLimits
  ) throws -> Finding {
    let arrays = try contents.map { try IdentifiedRows($0, array: array) }
    let (before, after) = (arrays.old, arrays.new)
    guard before.type == after.type, before.width == after.width else {
      return Finding(
        headline: "\(before.words) → \(after.words)",
        sections: [
          ArtifactDifference.Section(
            "Shape", columns: ["before", "after"], rows: [[.init(before.words, .gone), .init(after.words, .added)]])
        ])
    }

    let isWhole = before.type.isWhole
    var oldRows = before.rowsByID()
    var (same, changed, added, cosines) = (0, 0, 0, 0.0)
    var farthest = Ranked<Pair<Double, Int>, ArtifactDifference.Row>(limit: limits.rows)
    var rows: [ArtifactDifference.Row] = []
    for row in 0..<after.count {
      guard let old = oldRows.removeValue(forKey: after.ids[row]) else {
        added += 1
        if rows.count < limits.rows { rows.append([.init("new", .added), .init(after.id(row))]) }
        continue
      }
      let bytes = Sides(before.bytes(old), after.bytes(row))
      if bytes.old.hasBytes(of: bytes.new) {
        same += 1
        cosines += 1
        continue
      }

      changed += 1
      var found = TensorStatistics()
      found.add(bytes, of: before.type, in: 0..<before.width)
      let cosine = found.cosine ?? 0
      cosines += cosine
      let bits = isWhole ? differingBits(bytes) : 0
      farthest.add(
        Pair(isWhole ? -Double(bits) : cosine, row),
        [
          .init(after.id(row)), .init(isWhole ? "\(bits) bits" : TensorsDifference.cosineWords(cosine), .changed),
          .number(found.largest),
        ])
    }
    let gone = oldRows.count
    for row in oldRows.values.sorted().prefix(max(0, limits.rows - rows.count)) {
      rows.append([.init("gone", .gone), .init(before.id(row))])
    }
    // The bytes of rows do not keep their files alive.
    withExtendedLifetime(arrays) {}

    let parts = NumberWords.list([
      (changed, changed == 1 ? "row changed" : "rows changed"), (added, "new"), (gone, "gone"), (same, "the same"),
    ])
    let mean = cosines / Double(max(1, same + changed))
    var finding = Finding(
      headline: (changed + added + gone == 0 ? "the same rows in another order" : parts)
        + (changed > 0 && !isWhole ? "; mean cosine \(TensorsDifference.cosineWords(mean))" : ""),
      counts: [
        .init("rows changed", changed), .init("rows new", added), .init("rows gone", gone),
        .init("rows the same", same),
      ])
    finding.add(
      ArtifactDifference.Section(
        "Farthest rows", columns: ["id", isWhole ? "differ in" : "cosine", "largest difference"], ranked: farthest))
    finding.add(
      ArtifactDifference.Section(
        "Rows new and gone", columns: ["", "id"], rows: rows, omitted: added + gone - rows.count))
    return finding
  }

  private static func differingBits(_ bytes: Sides<UnsafeRawBufferPointer>) -> Int {
    zip(bytes.old, bytes.new).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
  }
}
