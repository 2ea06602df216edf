/// A cell of a notebook: a fenced block of the kind `swift` or `{swift}`, also inside lists and quotations.
package struct Cell: Codable, Hashable, Sendable {
  /// Its ordinal among the notebook's cells, from 1; cells with `eval: false` count too.
  package var id: Int
  /// The settings on its `//|` lines.
  package var options: CellOptions
  /// The code that the report shows: without option lines.
  package var source: String
  /// The code that the compiler gets: option lines are empty, so that lines keep their number.
  package var code: String
  /// The notebook's lines from the opening to the closing fence.
  package var lines: ClosedRange<Int>
  /// For each line of ``code``, the number of bytes before it in the notebook's line: the fence's indentation, and
  /// what the list items and quotations around it need. Below 0 where a part of a tab belongs to the code.
  var indentations: [Int]

  /// The words for it in messages: `cell “curate”`, or `cell 3` for one without a label.
  package var name: String { options.label.map { "cell “\($0)”" } ?? "cell \(id)" }
}
