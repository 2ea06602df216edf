import Charts
import Core
import TestSupport
import Testing
import TextFormatting

/// Charts and tables of values that no chart was made for. Each of these once hung, trapped or drew nonsense, or is of
/// the same kind.
@Suite struct ExtremeValueTests {
  static let values: [Double] = [
    0, -0.0, 1, 0.5, 1e308, -1e308, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude,
    -.leastNonzeroMagnitude, Double(bitPattern: 2024), 3e-308,
    1e15, 1e15 + 0.125, 1e17, 1e17 + 16, 9_007_199_254_740_992,
  ]

  @Test(.timeLimit(.minutes(10)), arguments: [Scale.Kind.linear, .logarithmic])
  func `The axis of any two numbers is finite, encloses them and names few values`(_ kind: Scale.Kind) {
    for low in Self.values {
      for high in Self.values where kind == .linear || (low > 0 && high > 0) {
        for count in [2, 3, 5] {
          for endsAtData in [false, true] {
            let scale = Scale(kind, showing: [low, high], endsAtData: endsAtData, ticks: count, style: .plain)
            #expect(scale.low.isFinite && scale.high.isFinite && scale.low < scale.high, "\(kind) \(low) \(high)")
            #expect(scale.ticks.count <= 20 && scale.ticks.allSatisfy { $0.value.isFinite }, "\(kind) \(low) \(high)")
            for value in [low, high] {
              let position = scale.position(value)
              #expect((-0.01...1.01).contains(position), "\(kind) \(low) \(high) \(position)")
            }
          }
        }
      }
    }
  }

  @Test(.timeLimit(.minutes(10))) func `Bars that span more than a number holds are drawn`() throws {
    let table = Table(columns: [.init("name"), .init("v")], rows: [["a", .number(1e308)], ["b", .number(-1e308)]])
    for orientation in [Chart.Orientation.horizontal, .vertical] {
      let svg = try Chart(table).bars(category: "name", value: "v", orientation: orientation).svg
      #expect(svg.utf8.count < 20_000 && svg.contains("1·10³⁰⁸") && svg.contains("−1·10³⁰⁸"))
    }
  }

  @Test func `A number that is not finite is named in place of its bar, and so is an interval without an end`() throws {
    let table = Table(
      columns: [.init("name"), .init("v")],
      rows: [
        ["a", 1], ["b", .number(.nan)], ["c", .number(-.infinity)], ["d", .empty],
        ["e", .interval(2, low: 1, high: .infinity)],
      ])
    let svg = try Chart(table).bars(category: "name", value: "v").svg
    for text in [">not a number<", ">−∞<", ">no value<", "1 interval without a finite end not drawn"] {
      #expect(svg.contains(text), "\(text)")
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `A reference that is not finite is an error`(_ value: Double) {
    let table = Table(columns: [.init("x"), .init("y")], rows: [[1, 2]])
    for draw in [
      { try Chart(table).bars(category: "x", value: "y", reference: ("chance", value)) },
      { try Chart(table).line(x: "x", y: "y", reference: ("chance", value)) },
      { try Chart(table).points(x: "x", y: "y", reference: ("chance", value)) },
    ] {
      let error = #expect(throws: TableError.self) { try draw() }
      #expect(error?.description.contains("the reference “chance” is") == true)
    }
  }

  @Test(arguments: [-2, 40, Int.max, Int.min])
  func `A reference in a column of any number of digits is printed`(_ digits: Int) throws {
    for style in [Table.Column.Style.decimals(digits), .percent(digits)] {
      let table = Table(columns: [.init("x"), .init("y", style: style)], rows: [[1, 2]])
      let svg = try Chart(table).bars(category: "x", value: "y", reference: ("r", 0.5)).svg
      #expect(svg.contains(style == .decimals(digits) ? ">r 0.5" : ">r 50"))
    }
  }

  @Test func `More bars or panels than a drawing has space for are an error`() {
    let rows = (0..<100_000).map { [Table.Cell.text("c\($0)"), .integer($0)] }
    let table = Table(columns: [.init("name"), .init("v")], rows: rows)
    #expect(throws: TableError.tooMany("bars", count: 100_000, limit: 10_000)) {
      try Chart(table).bars(category: "name", value: "v")
    }
    #expect(throws: TableError.tooMany("panels", count: 1001, limit: 1000)) {
      try Chart(table.prefix(1001)).points(x: "v", y: "v", facet: "name")
    }
  }

  @Test(arguments: [
    (1e308, Table.Column.Style.plain, "1·10³⁰⁸"), (1e308, .decimals(2), "1·10³⁰⁸"),
    (1e308, .percent(1), "1·10³¹⁰\u{a0}%"), (-1.5e307, .percent(0), "−1.5·10³⁰⁹\u{a0}%"),
    (.leastNonzeroMagnitude, .plain, "4.94066·10⁻³²⁴"), (.infinity, .percent(1), "∞"),
  ])
  func `Numbers near the limits are short`(value: Double, style: Table.Column.Style, text: String) {
    #expect(NumberText.number(value, style) == text)
  }

  @Test(.timeLimit(.minutes(10))) func `Any table gives drawings or an error, whose numbers are finite`() {
    var generator = SplitMix64(13)
    for _ in 0..<300 {
      let table = RandomTable.make(&generator)
      let names = table.columns.map(\.name) + ["missing"]
      func name() -> String { names[Int(generator.next() % UInt64(names.count))] }
      let scale = generator.next() % 2 == 0 ? Chart.AxisScale.linear : .logarithmic
      let orientation = generator.next() % 2 == 0 ? Chart.Orientation.horizontal : .vertical
      let (first, second, third) = (name(), name(), name())

      let figures = [
        try? Chart(table).bars(category: first, value: second, orientation: orientation, scale: scale),
        try? Chart(table).bars(
          category: first, value: second, color: third, orientation: orientation, order: .descending),
        try? Chart(table).line(x: first, y: second, color: third, xScale: scale),
        try? Chart(table).points(x: first, y: second, label: third, yScale: scale),
        try? Chart(table).points(x: first, y: second, facet: third),
      ].compactMap(\.self)
      for figure in figures {
        #expect(!figure.svg.contains("nan") && !figure.svg.contains("=\"inf") && figure.svg.hasSuffix("</svg>\n"))
      }
      if table.fault != nil { #expect(figures.isEmpty) }
    }
  }
}

/// Tables of every kind of cell, and of rows that are too long or too short now and then.
enum RandomTable {
  private static let texts = [
    "", "a", "b", "שלום (1)", "\u{202E}x", "\u{0}\u{1b}[31m", "a\nb", "|`*", "<b>&\"'", "👩‍👩‍👧", "\u{FFFF}",
    String(repeating: "W", count: 3000),
  ]

  /// A table with the columns `a` to `e`, or fewer.
  static func make(_ generator: inout SplitMix64) -> Table {
    func below(_ limit: Int) -> Int { Int(generator.next() % UInt64(limit)) }
    func number() -> Double {
      switch below(4) {
      case 0: ExtremeValueTests.values[below(ExtremeValueTests.values.count)]
      case 1: Double(bitPattern: generator.next())
      case 2: [Double.nan, .infinity, -.infinity][below(3)]
      default: Double(below(10))
      }
    }
    func cell(_ kind: Int) -> Table.Cell {
      switch kind {
      case 0: .text(texts[below(texts.count)])
      case 1: .integer([0, -1, .max, .min, 7][below(5)])
      case 2: .interval(number(), low: number(), high: number())
      case 3: .empty
      default: .number(number())
      }
    }

    let styles: [Table.Column.Style] = [.plain, .decimals(below(45) - 3), .percent(below(25) - 3)]
    let columns = (0..<below(6)).map { Table.Column(["a", "b", "c", "d", "e"][$0], style: styles[below(3)]) }
    let kinds = (0..<8).map { _ in below(6) }
    let isRagged = below(12) == 0
    let rows = (0..<[0, 1, 2, 20, 120][below(5)]).map { _ in
      (0..<(isRagged ? below(8) : columns.count)).map { cell(kinds[$0]) }
    }
    return Table(columns: columns, rows: rows)
  }
}
