internal import FileFormats

/// The changes in JSON Lines of an unknown shape: records by their ids, or else line by line.
enum LinesDifference {
  /// Names of fields that usually identify a record.
  private static let names = ["id", "text", "entry", "key", "name"]

  static func of(_ files: Sides<MappedBytes>, limits: DifferenceLimits) throws -> Finding {
    let keys = try files.map { try Self.key(of: $0) }
    let key = keys.old == keys.new ? keys.old : nil
    var (added, gone, changed) = (0, 0, 0)
    var rows = Ranked<RowChanges.Position, ArtifactDifference.Row>(limit: limits.rows)
    let join = RecordJoin<FileTally>(
      files: files.map { [$0] }, format: .jsonLines(key: key.map { [$0] } ?? []), limits: limits)
    let totals = try join.run(FileTally(files: 1)) { change in
      switch change {
      case .gone(let line, let location):
        gone += 1
        // The join has not parsed all of the line.
        _ = try JSONValue(parsing: line)
        rows.add(.init(kind: .gone, row: location), [.init("gone", .gone), .init(words(line), .gone), .init("")])
      case .added(let line, let location):
        added += 1
        _ = try JSONValue(parsing: line)
        rows.add(.init(kind: .new, row: location), [.init("new", .added), .init(""), .init(words(line), .added)])
      case .changed(let lines, let location):
        changed += 1
        var exact = Closeness(tolerance: 0, takesWholeNumbersExactly: true)
        let words = try JSONPairing.firstDifference(lines, &exact) ?? "written otherwise"
        let name = try key.map { try JSONRecord(lines.new, [$0]).text($0).shortened } ?? ""
        rows.add(
          .init(kind: .changed, row: location), [.init("changed", .changed), .init(name), .init(words, .changed)])
      }
    }

    let parts = NumberWords.list([
      (changed, changed == 1 ? "record changed" : "records changed"), (added, "new"), (gone, "gone"),
      (totals.same, "the same"),
    ])
    var finding = Finding(
      headline: changed + added + gone == 0 ? "the same records in another order" : parts,
      counts: [
        .init("records changed", changed), .init("records new", added), .init("records gone", gone),
        .init("records the same", totals.same),
      ])
    finding.add(ArtifactDifference.Section("Records", columns: ["", "before", "after"], ranked: rows))
    return finding
  }

  private static func words(_ line: UnsafeRawBufferPointer) -> String { line.beginning.shortened }

  /// The field that names the first record; `nil` when no field does.
  private static func key(of file: MappedBytes) throws -> String? {
    var lines = MappedLines(file)
    guard let line = lines.nextRecord() else { return names[0] }
    do {
      let record = try JSONValue(parsing: line)
      return names.first { record[$0]?.string != nil }
    } catch let fault as JSONCursor.Fault { throw file.fault("read JSON Lines", at: "line 1", cause: "\(fault)") }
  }
}
