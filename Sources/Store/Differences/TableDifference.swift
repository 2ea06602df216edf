internal import Core
internal import FileFormats

/// The changes in tables: rows by their keys, numbers with their relative change and, where they have intervals, the
/// side of the interval's ends on which the new number is.
enum TableDifference {
  /// `table/1`.
  static func ofTables(_ files: Sides<MappedBytes>, limits: DifferenceLimits) throws -> Finding {
    let grids = try files.map { Grid(try TableFile.read($0)) }

    // Columns are matched by their names; new ones come last.
    let names = grids.map(\.columns)
    let known = Set(names.old)
    let columns = names.old + names.new.filter { !known.contains($0) }
    var (before, after) = (grids.old, grids.new)
    if names.old != names.new {
      let extra = Array(repeating: Grid.Cell.empty, count: columns.count - names.old.count)
      before.rows = before.rows.map { $0 + extra }
      let positions = columns.map { names.new.firstIndex(of: $0) }
      after.rows = after.rows.map { row in positions.map { $0.map { row[$0] } ?? .empty } }
      before.columns = columns
      after.columns = columns
    }
    let changes = join(Sides(before, after), limits: limits)
    return changes.finding(after: names.old == names.new ? [] : [columnsSection(names)])
  }

  private static func join(_ grids: Sides<Grid>, limits: DifferenceLimits) -> RowChanges {
    // Rows of one key are joined in their order: the last one of a list is the first of the table.
    let (before, after) = (grids.old, grids.new)
    let keys = Grid.keyColumns(grids)
    var changes = RowChanges(columns: before.columns, keys: keys, limits: limits)
    var rows: [[String]: [Int]] = [:]
    for (number, row) in before.rows.enumerated().reversed() { rows[before.key(row, keys), default: []].append(number) }

    for (number, row) in after.rows.enumerated() {
      let location = RecordLocation(file: 0, offset: number)
      if let old = rows[after.key(row, keys)]?.popLast() {
        changes.compare(Sides(before.rows[old], row), at: location)
      } else {
        changes.addRow(row, at: location, isNew: true)
      }
    }
    for number in rows.values.joined().sorted() {
      changes.addRow(before.rows[number], at: RecordLocation(file: 0, offset: number), isNew: false)
    }
    return changes
  }

  /// Columns that come and go.
  private static func columnsSection(_ names: Sides<[String]>) -> ArtifactDifference.Section {
    let extra = names.new.filter { !names.old.contains($0) }
    let gone = names.old.filter { !names.new.contains($0) }
    return ArtifactDifference.Section(
      "Columns", rows: extra.map { [.init("+ \($0)", .added)] } + gone.map { [.init("− \($0)", .gone)] },
      note: extra.isEmpty && gone.isEmpty ? "they have another order" : "")
  }

  /// Comma-separated values, of any size: rows are joined by the columns before the first number.
  static func ofCSV(_ files: Sides<MappedBytes>, limits: DifferenceLimits) throws -> Finding {
    let headers = try files.map { file in
      var reader = CSVReader(file.bytes, subject: file.name)
      return try reader.next()?.texts ?? []
    }
    let isSameHeader = headers.old == headers.new
    let sections = isSameHeader ? [] : [columnsSection(headers)]

    // The join knows columns by their positions: where these differ before the last key, the lines are compared.
    let keys = try keyColumns(files.old)
    guard keys.allSatisfy({ $0 < min(headers.old.count, headers.new.count) && headers.old[$0] == headers.new[$0] })
    else {
      var finding = try TextDifference.of(files, limits: limits)
      finding.sections = sections + finding.sections
      return finding
    }

    let positions = headers.old.map { headers.new.firstIndex(of: $0) }
    func row(_ record: UnsafeRawBufferPointer) -> [Grid.Cell] { CSVReader.cells(of: record).map(Grid.cell) }
    func arranged(_ record: UnsafeRawBufferPointer) -> [Grid.Cell] {
      let cells = row(record)
      guard !isSameHeader else { return cells }
      return positions.map { position in position.flatMap { $0 < cells.count ? cells[$0] : nil } ?? .empty }
    }
    var changes = RowChanges(columns: headers.old, keys: keys, limits: limits)
    let join = RecordJoin<FileTally>(files: files.map { [$0] }, format: .csv(key: keys), limits: limits)
    _ = try join.run(FileTally(files: 1)) { change in
      switch change {
      case .gone(let record, let location): changes.addRow(row(record), at: location, isNew: false)
      case .added(let record, let location): changes.addRow(arranged(record), at: location, isNew: true)
      case .changed(let records, let location):
        changes.compare(Sides(row(records.old), arranged(records.new)), at: location)
      }
    }
    return changes.finding(after: sections)
  }

  /// The number of rows by which a column is judged.
  private static let sampleSize = 1000

  /// The columns before the first one of numbers; the first one when there is none before it.
  private static func keyColumns(_ file: MappedBytes) throws -> [Int] {
    var reader = CSVReader(file.bytes, subject: file.name)
    guard let header = try reader.next() else { return [] }
    var isText = Array(repeating: true, count: header.cells.count)
    for _ in 0..<sampleSize {
      guard let record = try reader.next() else { break }
      for (column, cell) in record.cells.enumerated() where column < isText.count {
        if Grid.cell(cell).number != nil { isText[column] = false }
      }
    }
    return Array(0..<max(1, isText.firstIndex(of: false) ?? isText.count))
  }
}
