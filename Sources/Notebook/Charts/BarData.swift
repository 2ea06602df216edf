internal import Core
internal import TextFormatting

/// A table as bars: panels of categories, each with a bar for some of the groups.
struct BarData: Sendable {
  /// One bar.
  struct Bar: Sendable {
    /// The position of its group in ``BarData/groups``.
    var group: Int
    /// Its length; `nil` where the table has no finite number.
    var estimate: Estimate?
    /// The words in place of a bar without a length: `no value`, or a number that is not finite.
    var absence = "no value"
  }

  /// A name at the axis, with its bars by group.
  struct Category: Sendable {
    var name: String
    var bars: [Bar]
  }

  /// A part of the chart; one without a name when the chart has only one.
  struct Panel: Sendable {
    var name: String?
    var categories: [Category]
  }

  /// The name of the column that names the bars.
  let categoryColumn: String
  /// The column of the lengths.
  let valueColumn: Table.Column
  /// The division of the axis.
  let scale: Chart.AxisScale
  /// The panels in the order of the table.
  private(set) var panels: [Panel] = []
  /// The groups with their colours.
  private(set) var groups = Groups()
  /// True when a column groups the bars.
  let hasGroups: Bool
  /// True when every category has one bar.
  private(set) var isSingle = true

  /// Reads a table.
  /// - Throws: ``TableError`` when a column is missing or has text, when a category has two bars of one group, when
  ///   there is no number, or when there are too many bars or panels.
  init(
    _ table: Table, category: String, value: String, color: String?, facet: String?, scale: Chart.AxisScale,
    order: Chart.Order
  ) throws(TableError) {
    let categoryPosition = try table.position(of: category)
    let valuePosition = try table.position(of: value)
    var colorPosition: Int?
    if let color { colorPosition = try table.position(of: color) }
    var facetPosition: Int?
    if let facet { facetPosition = try table.position(of: facet) }
    categoryColumn = category
    valueColumn = table.columns[valuePosition]
    hasGroups = colorPosition != nil
    self.scale = scale

    guard table.rows.count <= ChartFrame.mostBars else {
      throw .tooMany("bars", count: table.rows.count, limit: ChartFrame.mostBars)
    }

    var panelNumbers: [String: Int] = [:]
    var categoryNumbers: [[String: Int]] = []
    var taken: Set<[Int]> = []
    for (row, cells) in table.rows.enumerated() {
      let name = table.columns[categoryPosition].text(of: cells[categoryPosition])
      let group = groups.add(colorPosition.map { table.columns[$0].text(of: cells[$0]) } ?? "")
      let facetName = facetPosition.map { table.columns[$0].text(of: cells[$0]) }

      let panel = panelNumbers[facetName ?? ""] ?? panels.count
      if panel == panels.count {
        panelNumbers[facetName ?? ""] = panel
        panels.append(Panel(name: facetName, categories: []))
        categoryNumbers.append([:])
      }
      let position = categoryNumbers[panel][name] ?? panels[panel].categories.count
      if position == panels[panel].categories.count {
        categoryNumbers[panel][name] = position
        panels[panel].categories.append(Category(name: name, bars: []))
      }

      // A second bar of one colour would be taken for the same row.
      guard taken.insert([panel, position, group]).inserted else {
        throw .repeated(category: name, column: category)
      }
      let estimate = try Estimate(cells[valuePosition], of: valueColumn, row: row, scale: scale)
      var bar = Bar(group: group, estimate: estimate)
      if let value = cells[valuePosition].value, !value.isFinite { bar.absence = NumberText.plain(value) }
      panels[panel].categories[position].bars.append(bar)
    }

    groups.assignColours()
    try ChartFrame.check(panels: panels.count)
    guard bars.contains(where: { $0.estimate != nil }) else { throw .noRows(columns: [value]) }
    for panel in panels.indices {
      for position in panels[panel].categories.indices {
        panels[panel].categories[position].bars.sort { $0.group < $1.group }
        if panels[panel].categories[position].bars.count > 1 { isSingle = false }
      }
      Self.arrange(&panels[panel].categories, order)
    }
  }

  /// Every bar of every panel.
  var bars: [Bar] { panels.flatMap { $0.categories.flatMap(\.bars) } }

  /// True when a bar has an interval.
  var hasIntervals: Bool { bars.contains { $0.estimate?.interval != nil } }

  private static func arrange(_ categories: inout [Category], _ order: Chart.Order) {
    guard order != .table else { return }
    // Categories without a number go last.
    let sorted = categories.enumerated().sorted { left, right in
      switch (left.element.bars.first?.estimate?.value, right.element.bars.first?.estimate?.value) {
      case (let first?, let second?) where first != second: order == .ascending ? first < second : first > second
      case (nil, .some): false
      case (.some, nil): true
      default: left.offset < right.offset
      }
    }
    categories = sorted.map(\.element)
  }
}
