/// A fenced `swift` block at a notebook's top level.
package struct Cell: Codable, Hashable, Sendable {
  /// Its ordinal among the notebook's cells, from 1; cells with `eval: false` count too.
  package var id: Int
  package var options: CellOptions
  /// The code as the report shows it: without option lines.
  package var source: String
  /// The code as the compiler gets it: option lines are empty, so that lines keep their number.
  package var code: String
  /// The notebook's lines from the opening to the closing fence.
  package var lines: ClosedRange<Int>
  /// For each line of ``code``, how many bytes of the notebook's line stand before it: the fence's indentation.
  var indentations: [Int]

  /// The label, or “cell 3”.
  package var name: String { options.label.map { "cell “\($0)”" } ?? "cell \(id)" }
}
