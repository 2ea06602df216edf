internal import Core

/// What changed in tables: rows by their keys, numbers with their relative change and, where there are intervals, whether it matters.
enum TableDifference {
  /// `table/1`.
  static func fill(
    _ difference: inout ArtifactDifference, tables old: MappedFile, _ new: MappedFile, _ limits: DifferenceLimits,
    title: String = ""
  ) throws {
    let before = Grid(try TableFile.read(old))
    var after = Grid(try TableFile.read(new))
    var columns = before.columns
    if before.columns != after.columns {
      // Columns are matched by their names; new ones come last.
      let names = Set(before.columns)
      let extra = after.columns.filter { !names.contains($0) }
      let gone = before.columns.filter { !after.columns.contains($0) }
      columns += extra
      difference.sections.append(
        ArtifactDifference.Section(
          (title.isEmpty ? "" : title + ": ") + "Columns",
          rows: extra.map { [.init("+ \($0)", .added)] } + gone.map { [.init("− \($0)", .gone)] }))
      let places = columns.map { name in after.columns.firstIndex(of: name) }
      after.rows = after.rows.map { row in places.map { $0.map { row[$0] } ?? .empty } }
      after.columns = columns
    }
    var wide = before
    wide.columns = columns
    wide.rows = before.rows.map { $0 + Array(repeating: .empty, count: columns.count - before.columns.count) }
    join(&difference, wide, after, limits, title)
  }

  private static func join(
    _ difference: inout ArtifactDifference, _ before: Grid, _ after: Grid, _ limits: DifferenceLimits, _ title: String
  ) {
    let keys = Grid.keyColumns([before, after])
    var changes = RowChanges(columns: before.columns, keys: keys, limits: limits)
    var rows: [[String]: [Int]] = [:]
    for (number, row) in before.rows.enumerated().reversed() { rows[before.key(row, keys), default: []].append(number) }
    for (number, row) in after.rows.enumerated() {
      if let old = rows[after.key(row, keys)]?.popLast() {
        changes.compare(before.rows[old], row, at: Place(UInt64(number)))
      } else {
        changes.addRow(row, at: Place(UInt64(number)), isNew: true)
      }
    }
    for number in rows.values.joined().sorted() {
      changes.addRow(before.rows[number], at: Place(UInt64(number)), isNew: false)
    }
    changes.fill(&difference, title: title)
  }

  /// Comma-separated values, of any size: rows are joined by the columns before the first number.
  static func fill(
    _ difference: inout ArtifactDifference, csv old: MappedFile, _ new: MappedFile, _ limits: DifferenceLimits,
    title: String = ""
  ) throws {
    var first = CSVReader(old)
    var second = CSVReader(new)
    let header = try first.next()?.cells.map { String(decoding: $0, as: UTF8.self) } ?? []
    let other = try second.next()?.cells.map { String(decoding: $0, as: UTF8.self) } ?? []
    let prefix = title.isEmpty ? "" : title + ": "
    let map = header.map { name in other.firstIndex(of: name) }
    if header != other {
      let extra = other.filter { !header.contains($0) }
      let gone = header.filter { !other.contains($0) }
      difference.sections.append(
        ArtifactDifference.Section(
          prefix + "Columns", rows: extra.map { [.init("+ \($0)", .added)] } + gone.map { [.init("− \($0)", .gone)] },
          note: extra.isEmpty && gone.isEmpty ? "they have another order" : ""))
    }
    let keys = try keyColumns(old)
    // The join knows columns by their places: where these differ before the last key, the lines are compared whole.
    guard keys.allSatisfy({ $0 < other.count && header[$0] == other[$0] }) else {
      return try TextDifference.fill(&difference, old, new, limits, title: title)
    }
    var changes = RowChanges(columns: header, keys: keys, limits: limits)
    func row(_ record: UnsafeRawBufferPointer) -> [Grid.Cell] { CSVReader.cells(record).map(Grid.cell) }
    func arranged(_ record: UnsafeRawBufferPointer) -> [Grid.Cell] {
      let cells = row(record)
      return header == other
        ? cells : map.map { place in place.flatMap { $0 < cells.count ? cells[$0] : nil } ?? .empty }
    }
    let join = RecordJoin<FileTally>(old: [old], new: [new], format: .csv(key: keys), limits: limits)
    _ = try join.run(FileTally(files: 1)) { change in
      switch change {
      case .gone(let record, let place): changes.addRow(row(record), at: place, isNew: false)
      case .added(let record, let place): changes.addRow(arranged(record), at: place, isNew: true)
      case .changed(let before, let after, let place): changes.compare(row(before), arranged(after), at: place)
      }
    }
    changes.fill(&difference, title: title)
  }

  /// The columns before the first one of numbers, judged by the first thousand rows; the first one when there is none before it.
  private static func keyColumns(_ file: MappedFile) throws -> [Int] {
    var reader = CSVReader(file)
    guard let header = try reader.next() else { return [] }
    var isText = Array(repeating: true, count: header.cells.count)
    var keys = 0
    for _ in 0..<1000 {
      guard let record = try reader.next() else { break }
      for (column, cell) in record.cells.enumerated() where column < isText.count {
        if case .number = Grid.cell(cell) { isText[column] = false }
      }
    }
    while keys < isText.count, isText[keys] { keys += 1 }
    return Array(0..<max(1, keys))
  }
}
