internal import Core

/// A table as bars: panels of categories, each with a bar for some of the groups.
struct BarData: Sendable {
  struct Bar: Sendable {
    var group: Int
    /// `nil` where the table has no number.
    var estimate: Estimate?
  }

  struct Category: Sendable {
    var name: String
    var bars: [Bar]
  }

  struct Panel: Sendable {
    var name: String?
    var categories: [Category]
  }

  let categoryColumn: String
  let valueColumn: Table.Column
  let scale: Chart.AxisScale
  private(set) var panels: [Panel] = []
  private(set) var groups = Groups()
  let hasGroups: Bool

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

    var panelNumbers: [String: Int] = [:]
    var categoryNumbers: [[String: Int]] = []
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
      let place = categoryNumbers[panel][name] ?? panels[panel].categories.count
      if place == panels[panel].categories.count {
        categoryNumbers[panel][name] = place
        panels[panel].categories.append(Category(name: name, bars: []))
      }
      if panels[panel].categories[place].bars.contains(where: { $0.group == group }) {
        throw .repeated(category: name, column: category)
      }
      let estimate = try Estimate(cells[valuePosition], of: valueColumn, row: row, scale: scale)
      panels[panel].categories[place].bars.append(Bar(group: group, estimate: estimate))
    }
    groups.assignColours()
    guard bars.contains(where: { $0.estimate != nil }) else { throw .noRows(columns: [value]) }
    for panel in panels.indices {
      for place in panels[panel].categories.indices {
        panels[panel].categories[place].bars.sort { $0.group < $1.group }
      }
      arrange(&panels[panel].categories, order)
    }
  }

  /// Every bar of every panel.
  var bars: [Bar] { panels.flatMap { $0.categories.flatMap(\.bars) } }

  /// Whether no category has more than one bar, so that the colour only marks its kind.
  var isSingle: Bool { panels.allSatisfy { $0.categories.allSatisfy { $0.bars.count == 1 } } }

  var hasIntervals: Bool { bars.contains { $0.estimate?.interval != nil } }

  private func arrange(_ categories: inout [Category], _ order: Chart.Order) {
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
