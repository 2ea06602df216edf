package import Core

/// A notebook as its reader sees it: front matter, prose and cells in order.
package struct NotebookDocument: Codable, Hashable, Sendable {
  /// A cell, or the prose between two cells.
  package enum Block: Codable, Hashable, Sendable {
    case prose(Prose)
    case cell(Cell)
  }

  /// The file as the user named it; every diagnostic carries it.
  package var file: String
  /// The properties at the notebook's beginning.
  package var frontMatter = FrontMatter()
  /// Prose and cells in the notebook's order.
  package var blocks: [Block] = []
  /// All Markdown after the front matter, with `\n` line ends.
  package var body = ""
  /// The parsed ``body``, whose lines are counted from its own first. Each cell and inline expression has its
  /// ``MarkdownTree/Node/part``.
  package var markdown = MarkdownTree()
  /// The parsed abstract of the front matter, which may use the link definitions of the body; `nil` when there is
  /// none.
  package var abstract: MarkdownTree?
  /// The notebook's line that ``body`` begins on.
  package var bodyLine = 1

  /// Cells in order; those with `eval: false` too.
  package var cells: [Cell] {
    blocks.compactMap { if case .cell(let cell) = $0 { cell } else { nil } }
  }

  /// Inline expressions in order.
  package var inlines: [InlineExpression] {
    blocks.flatMap { block -> [InlineExpression] in
      if case .prose(let prose) = block { prose.inlines } else { [] }
    }
  }

  init(file: String) { self.file = file }

  /// Reads a notebook.
  ///
  /// A byte order mark and any kind of line end are fine, and so is an empty file.
  ///
  /// - Parameters:
  ///   - bytes: the file's content.
  ///   - file: its name in diagnostics.
  /// - Returns: the document, and its faults in the order of lines. A file that is not UTF-8 gives an empty document.
  package static func parse(text bytes: [UInt8], file: String) -> (NotebookDocument, [Diagnostic]) {
    do {
      var parser = NotebookParser(try SourceText(fileBytes: bytes, file: file), file: file)
      parser.parse()
      return (parser.document, parser.diagnostics.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
    } catch {
      return (NotebookDocument(file: file), [error])
    }
  }
}
