import Charts
import Core
import Foundation
import Testing
import TextFormatting

@Suite struct TableTests {
  let table = Table(
    columns: [.init("name"), .init("value", style: .decimals(2)), .init("note")],
    rows: [["b", 2, "x"], ["a", .empty, "y"], ["c", .interval(10, low: 8, high: 12), "z"], ["d", 2, "w"]])

  @Test func `Rows are sorted by value, empty cells last, equal rows in their order`() throws {
    #expect(try table.sorted(by: "value")[column: "name"] == ["b", "d", "c", "a"])
    #expect(try table.sorted(by: "value", .descending)[column: "name"] == ["c", "b", "d", "a"])
    #expect(try table.sorted(by: "name", .descending)[column: "name"] == ["d", "c", "b", "a"])
  }

  @Test func `Columns are selected in the order asked for`() throws {
    let selected = try table.selecting("note", "name")
    #expect(selected.columns.map(\.name) == ["note", "name"])
    #expect(selected.rows.first == ["x", "b"])
    #expect(throws: TableError.noColumn("nme", columns: ["name", "value", "note"])) { try table.selecting("nme") }
  }

  @Test func `Rows are filtered by the numbers and texts of their columns`() {
    #expect(table.filtered { ($0.number("value") ?? 0) > 1 && $0.text("name") != "d" }[column: "name"] == ["b", "c"])
    #expect(
      table.prefix(9).rows.count == 4 && table.prefix(-1).rows.isEmpty && table.suffix(1).rows.first?.first == "d")
  }

  @Test(arguments: [[1, 2, 3], [1], []] as [[Table.Cell]])
  func `A row of another length than the columns is an error wherever the table is used, and never a trap`(
    _ row: [Table.Cell]
  ) throws {
    var appended = Table(columns: [.init("a"), .init("b")], rows: [[1, 2]])
    appended.append(row)
    let given = Table(columns: appended.columns, rows: [[1, 2], row])
    let expected = TableError.wrongLength(columns: ["a", "b"], row: 2, cells: row.count)
    for table in [appended, given, given.suffix(1), given.prefix(1), given.filtered { _ in true }] {
      #expect(table.rows.allSatisfy { $0.count == 2 } && table[column: "b"]?.count == table.rows.count)
      #expect(throws: expected) { try table.sorted(by: "a") }
      #expect(throws: expected) { try table.selecting("b", "a") }
      #expect(throws: expected) { try table.renaming("a", to: "c") }
      #expect(throws: expected) { try table.unpivoted(["a", "b"], name: "n", value: "v") }
      #expect(throws: expected) { try table.csv }
      #expect(throws: expected) { try JSONCoding.encoder().encode(table) }
      #expect(throws: expected) { try Chart(table).bars(category: "a", value: "b") }
      #expect(throws: expected) { try Chart(table).line(x: "a", y: "b") }
      #expect(throws: expected) { try Presentation.blocks([.text(""), .blocks([.table(table)])]).check() }
    }
    #expect(expected.description.hasPrefix("row 2 of the table with the columns “a”, “b” has \(row.count) cell"))
  }

  @Test func `A column that is added to rows is an error too`() {
    var table = Table(columns: [.init("a")], rows: [[1], [2]])
    table.columns.append(.init("b"))
    #expect(table[column: "b"] == [.empty, .empty])
    #expect(throws: TableError.wrongLength(columns: ["a", "b"], row: 1, cells: 1)) { try table.sorted(by: "a") }
    var empty = Table(columns: [.init("a")])
    empty.columns.append(.init("b"))
    empty.append([1, 2])
    #expect(throws: Never.self) { try empty.sorted(by: "b") }
  }

  @Test func `Very long and very many names make short messages`() {
    let columns = (0..<1000).map { Table.Column("\($0)" + String(repeating: "x", count: 10_000)) }
    let table = Table(columns: columns)
    let error = #expect(throws: TableError.self) { try table.sorted(by: String(repeating: "y", count: 100_000)) }
    #expect(error.map { $0.description.count < 1500 && $0.description.hasSuffix(" and 988 more") } == true)
  }

  @Test func `Columns become rows`() throws {
    let wide = Table(
      columns: [.init("model"), .init("i2t", style: .percent(1)), .init("t2i")], rows: [["small", 0.25, 0.5]])
    let long = try wide.unpivoted(["i2t", "t2i"], name: "direction", value: "recall")
    #expect(long.columns.map(\.name) == ["model", "direction", "recall"])
    #expect(long.rows == [["small", "i2t", 0.25], ["small", "t2i", 0.5]])
    #expect(long.columns.last?.style == .percent(1))
  }

  @Test func `Comma-separated values keep every digit and every character`() throws {
    let table = Table(
      columns: [.init("na,me"), .init("value", style: .percent(0))],
      rows: [["say \"hi\"\nthere", .interval(1.0 / 3, low: 0.25, high: 0.5)], ["plain", .empty], ["", 2]])
    #expect(
      try table.csv
        == "\"na,me\",value,value low,value high\r\n\"say \"\"hi\"\"\n"
        + "there\",0.3333333333333333,0.25,0.5\r\nplain,,,\r\n,2,,\r\n"
    )
  }

  @Test(arguments: [
    (Table.Column.Style.plain, Table.Cell.integer(1_234_567), "1,234,567"), (.plain, 2024, "2024"),
    (.plain, -45_000, "−45,000"), (.percent(1), 0.23149, "23.1\u{a0}%"), (.decimals(3), -0.0004, "0.000"),
    (.percent(1), .interval(0.231, low: 0.212, high: 0.251), "23.1\u{a0}% [21.2, 25.1]"), (.plain, 0.1, "0.1"),
    (.plain, .number(1.0 / 3), "0.333333"), (.plain, .number(.infinity), "∞"), (.plain, 2.5e-7, "2.5·10⁻⁷"),
    (.plain, .empty, ""),
    (.percent(0), .number(-0.5), "−50\u{a0}%"),
  ])
  func `Cells print in the style of their column`(style: Table.Column.Style, cell: Table.Cell, text: String) {
    #expect(Table.Column("column", style: style).text(of: cell) == text)
  }

  @Test(arguments: [
    (0.25, "0.2500"), (-1234.56, "−1235"), (12_345.6, "12,346"), (0.000_123_46, "0.0001235"), (2.5e-7, "2.500·10⁻⁷"),
    (3, "3"), (-.infinity, "−∞"), (.nan, "not a number"),
  ])
  func `Four significant digits keep their zeros`(value: Double, text: String) {
    #expect(NumberText.significant(value) == text)
  }

  @Test func `Counts, shares and measured values have one form each`() {
    #expect(
      [0, 1, 9999, 12_345].map { NumberText.count($0, "entry", plural: "entries") }
        == ["0 entries", "1 entry", "9999 entries", "12,345 entries"])
    #expect(NumberText.share(0.23149, digits: 1) == "23.1\u{a0}%" && NumberText.share(0.23149) == "23.15\u{a0}%")
    #expect(NumberText.quantity(12_345.5, unit: "pairs/s") == "12,345.5\u{a0}pairs/s")
    #expect(NumberText.quantity(3, unit: "") == "3")
  }

  @Test func `Sizes and durations take a unit that fits`() {
    #expect(
      [0, 1023, 1024, 1_500_000, 5 << 30].map(NumberText.bytes) == [
        "0\u{a0}B", "1023\u{a0}B", "1.00\u{a0}KiB", "1.43\u{a0}MiB", "5.00\u{a0}GiB",
      ])
    #expect(
      [0.0004, 0.34, 12.44, 200, 7500].map(NumberText.duration)
        == ["0.4\u{a0}ms", "340\u{a0}ms", "12.4\u{a0}s", "3\u{a0}min 20\u{a0}s", "2\u{a0}h 05\u{a0}min"])
  }
}
