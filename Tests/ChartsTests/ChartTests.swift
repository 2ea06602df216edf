import Charts
import Core
import Foundation
import FoundationXML
import Testing

@Suite struct ChartTests {
  let scores = Table(
    columns: [.init("language"), .init("script"), .init("top-1", style: .percent(1)), .init("pairs")],
    rows: [
      ["English", "Latin", .interval(0.412, low: 0.39, high: 0.43), 1_200_000],
      ["العربية", "Arabic", .interval(0.2, low: 0.1, high: 0.31), 45_000],
      ["日本語", "Japanese", .interval(0.31, low: 0.29, high: 0.33), 3_400],
      ["हिन्दी", "Devanagari", .empty, 900],
    ])

  @Test func `Equal tables give equal bytes`() throws {
    let first = try Chart(scores).bars(
      category: "language", value: "top-1", color: "script", reference: ("chance", 0.001))
    let second = try Chart(scores).bars(
      category: "language", value: "top-1", color: "script", reference: ("chance", 0.001))
    #expect(first == second)
  }

  @Test(arguments: Self.drawings)
  func `Every drawing is well-formed XML with a name, a description and no number outside its frame`(kind: Kind) throws
  {
    let figure = try kind.draw(scores)
    let reader = Reader(figure.svg)
    #expect(reader.isWellFormed)
    #expect(reader.names.contains("title") && reader.names.contains("desc"))
    #expect(!figure.svg.contains("nan") && !figure.svg.contains("inf\""))
    #expect(
      reader.horizontal.allSatisfy { (-0.5...reader.width + 0.5).contains($0) },
      "\(reader.horizontal.filter { $0 > reader.width || $0 < 0 })")
    #expect(reader.vertical.allSatisfy { (-0.5...reader.height + 0.5).contains($0) })
    #expect(!figure.alternative.isEmpty)
  }

  struct Kind: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var draw: @Sendable (Table) throws -> Figure
  }

  static let drawings = [
    Kind(testDescription: "bars") {
      try Chart($0).bars(category: "language", value: "top-1", color: "script", reference: ("chance", 0.6))
    },
    Kind(testDescription: "upright bars") {
      try Chart($0).bars(category: "language", value: "top-1", reference: ("chance", 0.6), orientation: .vertical)
    },
    Kind(testDescription: "dots on a logarithmic axis") {
      try Chart($0).bars(category: "language", value: "pairs", scale: .logarithmic, order: .descending)
    },
    Kind(testDescription: "panels") { try Chart($0).bars(category: "language", value: "top-1", facet: "script") },
    Kind(testDescription: "lines") {
      try Chart($0).line(x: "pairs", y: "top-1", color: "language", xScale: .logarithmic)
    },
    Kind(testDescription: "points") {
      try Chart($0).points(x: "pairs", y: "top-1", color: "script", label: "language", reference: ("chance", 0.001))
    },
    Kind(testDescription: "panels of points") { try Chart($0).points(x: "pairs", y: "top-1", facet: "script") },
  ]

  @Test func `A whisker spans the whole interval`() throws {
    let table = Table(columns: [.init("name"), .init("value")], rows: [["a", .interval(5, low: 0, high: 10)]])
    let svg = try Chart(table).bars(category: "name", value: "value").svg
    let lines = svg.matches(
      of: #/<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)" stroke="#23211d" stroke-width="1.2"/#
    )
    .map { (Double($0.1) ?? 0, Double($0.2) ?? 0, Double($0.3) ?? 0, Double($0.4) ?? 0) }
    let whisker = try #require(lines.first { $0.1 == $0.3 })
    let bar = try #require(svg.firstMatch(of: #/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/#))
    let width = try #require(Double(bar.2))
    #expect(abs((whisker.2 - whisker.0) - 2 * width) < 0.05)
  }

  @Test func `Labels cannot leave their place`() throws {
    let hostile = "</text></svg><script>alert(1)</script>\"'&"
    let table = Table(
      columns: [.init("name"), .init("value"), .init("group")], rows: [[.text(hostile), 3, .text(hostile)]])
    for figure in [
      try Chart(table).bars(
        category: "name", value: "value", color: "group", reference: (hostile, 1), title: hostile, axis: hostile),
      try Chart(table).points(x: "value", y: "value", color: "group", label: "name", title: hostile, xAxis: hostile),
    ] {
      #expect(!figure.svg.contains("<script"))
      #expect(Reader(figure.svg).isWellFormed)
    }
  }

  @Test func `A row without a number is named, not left out`() throws {
    let svg = try Chart(scores).bars(category: "language", value: "top-1").svg
    #expect(svg.contains("हिन्दी") && svg.contains("no value") && svg.contains("1 without a value"))
  }

  @Test func `A reference is printed with enough digits to be told from zero`() throws {
    let svg = try Chart(scores).bars(category: "language", value: "top-1", reference: ("chance", 0.0007)).svg
    #expect(svg.contains("chance 0.07\u{a0}%"))
  }

  @Test func `Beyond six groups the legend counts the rest`() throws {
    let table = Table(
      columns: [.init("name"), .init("value"), .init("group")],
      rows: (0..<9).map { [.text("n\($0)"), .integer($0), .text("g\($0)")] })
    let svg = try Chart(table).bars(category: "name", value: "value", color: "group").svg
    #expect(svg.contains(">3 others<"))
  }

  @Test func `A long line keeps its spike`() throws {
    var table = Table(columns: [.init("step"), .init("loss")])
    for step in 0..<50_000 { table.append([.integer(step), .number(step == 31_415 ? 100 : 1)]) }
    let svg = try Chart(table).line(x: "step", y: "loss").svg
    let points = try #require(svg.firstMatch(of: #/<polyline points="([^"]+)"/#)).1
    let heights = points.split(separator: " ").compactMap { $0.split(separator: ",").last.flatMap { Double($0) } }
    #expect(heights.count < 5000)
    let spike = try #require(heights.min())
    let floor = try #require(heights.max())
    #expect(floor - spike > 200)
  }

  @Test func `A wrong column is named with the nearest one`() {
    #expect(throws: TableError.noColumn("langage", columns: scores.columns.map(\.name))) {
      try Chart(scores).bars(category: "langage", value: "top-1")
    }
    let message = "\(TableError.noColumn("langage", columns: scores.columns.map(\.name)))"
    #expect(message.contains("did you mean “language”?"))
  }

  @Test func `What cannot be drawn says so`() {
    #expect(throws: TableError.notANumber(column: "script", row: 1, found: "Latin")) {
      try Chart(scores).bars(category: "language", value: "script")
    }
    let zero = Table(columns: [.init("name"), .init("value")], rows: [["a", 0]])
    #expect(throws: TableError.notPositive(column: "value", row: 1, value: 0)) {
      try Chart(zero).bars(category: "name", value: "value", scale: .logarithmic)
    }
    let twice = Table(columns: [.init("name"), .init("value")], rows: [["a", 1], ["a", 2]])
    #expect(throws: TableError.repeated(category: "a", column: "name")) {
      try Chart(twice).bars(category: "name", value: "value")
    }
    #expect(throws: TableError.noRows(columns: ["value"])) {
      try Chart(zero.prefix(0)).bars(category: "name", value: "value")
    }
  }

  /// The elements that an XML parser finds in a drawing.
  final class Reader: NSObject, XMLParserDelegate {
    var names: Set<String> = []
    var horizontal: [Double] = []
    var vertical: [Double] = []
    var width = 0.0
    var height = 0.0
    var isWellFormed = false

    init(_ svg: String) {
      super.init()
      let parser = XMLParser(data: Data(svg.utf8))
      parser.delegate = self
      isWellFormed = parser.parse()
    }

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      names.insert(name)
      if name == "svg", let box = attributes["viewBox"]?.split(separator: " ").compactMap({ Double($0) }),
        box.count == 4
      {
        (width, height) = (box[2], box[3])
      }
      func number(_ key: String) -> Double? { attributes[key].flatMap { Double($0) } }
      horizontal += ["x", "x1", "x2", "cx"].compactMap(number)
      vertical += ["y", "y1", "y2", "cy"].compactMap(number)
      if name == "rect", let x = number("x"), let width = number("width") { horizontal.append(x + width) }
      for point in attributes["points"]?.split(separator: " ") ?? [] {
        let parts = point.split(separator: ",").compactMap { Double($0) }
        if parts.count == 2 {
          horizontal.append(parts[0])
          vertical.append(parts[1])
        }
      }
    }
  }
}
