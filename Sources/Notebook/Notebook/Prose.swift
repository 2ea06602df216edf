/// The Markdown between two cells of a notebook.
package struct Prose: Codable, Hashable, Sendable {
  /// The Markdown as written, with `\n` line ends, without blank lines at both ends.
  package var markdown: String
  /// The notebook's lines that it takes.
  package var lines: ClosedRange<Int>
  /// Its code spans that begin with `swift `, in order.
  package var inlines: [InlineExpression]
}

/// Inline code `swift EXPRESSION`, which a report replaces by its value.
package struct InlineExpression: Codable, Hashable, Sendable {
  /// Its ordinal among the notebook's inline expressions, from 1.
  package var id: Int
  /// One line of Swift.
  package var expression: String
  /// The bytes of the whole code span, backticks included, in its ``Prose/markdown``.
  package var range: Range<Int>
  /// The notebook's line on which the expression begins.
  package var line: Int { segments.first?.line ?? 1 }
  /// The column at which the expression begins, from 1, in UTF-8 bytes.
  package var column: Int { segments.first?.column ?? 1 }

  /// A piece of the expression that is written in one place of the notebook.
  struct Segment: Codable, Hashable, Sendable {
    /// The offset of its first byte in the expression; it ends where the next segment begins.
    var offset: Int
    var line: Int
    var column: Int
  }

  /// At least one; more when the code span runs over several lines.
  var segments: [Segment]
}
