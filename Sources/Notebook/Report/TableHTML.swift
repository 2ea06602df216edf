internal import Charts
internal import Core
internal import TextFormatting

/// A table in a page: numbers at the right, intervals after their estimates, long tables folded.
struct TableHTML {
  let table: Table
  /// The most rows that are shown before the fold.
  static let visibleRows = 30
  /// The most rows that a page has; the artifact has all of them.
  static let maximumRows = 2000

  var html: HTML {
    let rows = table.rows[...]
    // A fold that hides a row or two costs the reader more than it saves.
    guard rows.count > Self.visibleRows + 5 else { return scroll(rows) }
    var html = scroll(rows.prefix(Self.visibleRows))
    let rest = rows.dropFirst(Self.visibleRows)
    html += #"<details class="more"><summary>\#(NumberText.integer(rest.count)) more rows</summary>"#
    html += scroll(rest.prefix(Self.maximumRows))
    if rest.count > Self.maximumRows {
      html += #"<p class="quiet">\#(NumberText.integer(rest.count - Self.maximumRows)) rows are left out here.</p>"#
    }
    html += "</details>\n"
    return html
  }

  private func scroll(_ rows: ArraySlice<[Table.Cell]>) -> HTML {
    let isNumeric = table.columns.indices.map { self.isNumeric($0) }
    var html: HTML = #"<div class="scroll" tabindex="0"><table><thead><tr>"#
    for (column, isNumeric) in zip(table.columns, isNumeric) {
      html += isNumeric ? #"<th class="n"><bdi>\#(column.name)</bdi></th>"# : "<th><bdi>\(column.name)</bdi></th>"
    }
    html += "</tr></thead><tbody>\n"
    for row in rows {
      html += "<tr>"
      for (position, cell) in row.enumerated() {
        html += self.cell(cell, table.columns[position], isNumeric: isNumeric[position])
      }
      html += "</tr>\n"
    }
    html += "</tbody></table></div>\n"
    return html
  }

  private func cell(_ cell: Table.Cell, _ column: Table.Column, isNumeric: Bool) -> HTML {
    switch cell {
    case .text(let text): return isNumeric ? #"<td class="n"><bdi>\#(text)</bdi></td>"# : "<td><bdi>\(text)</bdi></td>"
    case .empty: return "<td></td>"
    case .integer, .number: return #"<td class="n">\#(column.text(of: cell))</td>"#
    case .interval(let value, let low, let high):
      let (low, high) = (NumberText.bare(low, column.style), NumberText.bare(high, column.style))
      let estimate = NumberText.number(value, column.style)
      return #"<td class="n">\#(estimate) <span class="ci">[\#(low), \#(high)]</span></td>"#
    }
  }

  /// True for a column of numbers: at least one number, and more numbers than texts, in its first 200 rows.
  func isNumeric(_ position: Int) -> Bool {
    var balance = 0
    for row in table.rows.prefix(200) {
      switch row[position] {
      case .integer, .number, .interval: balance += 1
      case .text: balance -= 1
      case .empty: break
      }
    }
    return balance > 0
  }
}
