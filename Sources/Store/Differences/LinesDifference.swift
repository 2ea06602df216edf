internal import FileFormats

/// What changed in JSON Lines of no shape that is known here: records by their id, or else line by line.
enum LinesDifference {
  /// Names of fields that usually say which record it is.
  private static let names = ["id", "text", "entry", "key", "name"]

  static func fill(
    _ difference: inout ArtifactDifference, _ old: MappedFile, _ new: MappedFile, _ limits: DifferenceLimits,
    title: String = ""
  ) throws {
    let key = try key(old).flatMap { key in try self.key(new) == key ? key : nil }
    var (added, gone, changed) = (0, 0, 0)
    var rows = Ranked<RowChanges.Position, [ArtifactDifference.Cell]>(limit: limits.rows)
    func words(_ line: UnsafeRawBufferPointer) -> String { String(decoding: line.prefix(400), as: UTF8.self).shortened }
    let join = RecordJoin<FileTally>(
      old: [old], new: [new], format: .jsonLines(key: key.map { [$0] } ?? []), limits: limits)
    let totals = try join.run(FileTally(files: 1)) { change in
      switch change {
      case .gone(let line, let place):
        gone += 1
        _ = try JSONValue(parsing: line)
        rows.add(.init(kind: 1, row: place), [.init("gone", .gone), .init(words(line), .gone), .init("")])
      case .added(let line, let place):
        added += 1
        _ = try JSONValue(parsing: line)
        rows.add(.init(kind: 2, row: place), [.init("new", .added), .init(""), .init(words(line), .added)])
      case .changed(let before, let after, let place):
        changed += 1
        var exact = Closeness(tolerance: 0, takesWholeNumbersExactly: true)
        let words = try JSONPairing.firstDifference(before, after, &exact) ?? "written otherwise"
        let name = try key.map { try JSONRecord(after, [$0]).text(0).shortened } ?? ""
        rows.add(.init(kind: 0, row: place), [.init("changed", .changed), .init(name), .init(words, .changed)])
      }
    }
    let prefix = title.isEmpty ? "" : title + ": "
    let parts = NumberWords.list([
      (changed, changed == 1 ? "record changed" : "records changed"), (added, "new"), (gone, "gone"),
      (totals.same, "the same"),
    ])
    difference.headline = prefix + (changed + added + gone == 0 ? "the same records in another order" : parts)
    difference.counts += [
      .init(prefix + "records changed", changed), .init(prefix + "records new", added),
      .init(prefix + "records gone", gone),
      .init(prefix + "records the same", totals.same),
    ]
    if rows.count > 0 {
      difference.sections.append(
        ArtifactDifference.Section(
          prefix + "Records", columns: ["", "before", "after"], rows: rows.items, omitted: rows.omitted))
    }
  }

  /// The field that names the first record.
  private static func key(_ file: MappedFile) throws -> String? {
    var reader = LineReader(file)
    guard let line = reader.nextRecord() else { return names[0] }
    do {
      guard case .object(let fields) = try JSONValue(parsing: line) else { return nil }
      return names.first { name in
        fields.contains { field in
          guard field.key == name, case .string = field.value else { return false }
          return true
        }
      }
    } catch let fault as JSONLexer.Fault { throw file.fault("read JSON Lines", at: "line 1", "\(fault)") }
  }
}
