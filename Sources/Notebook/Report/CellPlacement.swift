internal import Notebook

/// Finds the places of cells in a list or a quotation that libcmark renders.
///
/// In the place of each cell stands an empty code block with a mark that the block itself does not contain; the
/// rendered text is divided there.
struct CellPlacement {
  private let tree: MarkdownTree
  private let mark: String
  /// The numbers of the cells, in order.
  private let cells: [Int]

  /// The fragments of a block in both forms of a report.
  ///
  /// - Parameters:
  ///   - page: the block as the page shows it.
  ///   - text: the block as the Markdown report shows it, with the same cells.
  ///   - next: the kind of the notebook's block after it.
  static func fragments(
    page: MarkdownTree, text: MarkdownTree, before next: MarkdownTree.Kind?
  ) -> [RenderedProse.Fragment] {
    let html = CellPlacement(page).htmlPieces
    let (markdown, indentations) = CellPlacement(text, isLoose: true).markdownPieces(before: next)
    var fragments: [RenderedProse.Fragment] = []
    for (index, cell) in CellPlacement(text).cells.enumerated() where index < indentations.count {
      fragments.append(.prose(html: html[index], markdown: markdown[index]))
      fragments.append(.cell(cell, indentation: indentations[index]))
    }
    if let last = markdown.last, let lastPage = html.last { fragments.append(.prose(html: lastPage, markdown: last)) }
    return fragments
  }

  /// - Parameter isLoose: true when blank lines are to be between the items of lists with cells: the Markdown of a
  ///   cell is several blocks.
  private init(_ block: MarkdownTree, isLoose: Bool = false) {
    cells = block.nodes.compactMap(\.cell)
    var mark = "cell\u{F8FE}"
    let texts = block.nodes.map(\.kind.content)
    while texts.contains(where: { $0.contains(mark) }) { mark += "\u{F8FE}" }
    self.mark = mark

    let places = block.nodes.indices.filter { block.nodes[$0].isCell }
    tree = block.mapped(0) { position in
      let node = block.nodes[position]
      if node.isCell { return .codeBlock(info: mark, literal: "") }
      guard isLoose, case .list(var list) = node.kind, places.contains(where: { (position..<node.end).contains($0) })
      else { return node.kind }
      list.isTight = false
      return .list(list)
    }
  }

  /// The HTML before, between and after the cells.
  private var htmlPieces: [HTML] {
    let placeholder = #"<pre><code class="language-\#(mark)"></code></pre>\#n"#
    return Self.split(tree.html(of: 0), at: placeholder).map { HTML(safe: String($0)) }
  }

  /// The Markdown before, between and after the cells, and the beginning of a line at each cell.
  private func markdownPieces(before next: MarkdownTree.Kind?) -> (texts: [String], indentations: [String]) {
    // libcmark writes the placeholder as an empty fenced block: its second line has the indentation before the fence.
    let fence = "```"
    let pieces = Self.split(tree.commonMark(of: 0, before: next), at: "\(fence) \(mark)\n")
    var texts = [String(pieces[0])]
    var indentations: [String] = []
    for piece in pieces.dropFirst() {
      guard let end = piece.firstRange(of: fence) else { continue }
      indentations.append(String(piece[..<end.lowerBound]))
      texts.append(String(piece[end.upperBound...].drop { $0 != "\n" }.dropFirst()))
    }
    return (texts, indentations)
  }

  private static func split(_ text: String, at separator: String) -> [Substring] {
    var pieces: [Substring] = []
    var rest = text[...]
    while let range = rest.firstRange(of: separator) {
      pieces.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    return pieces + [rest]
  }
}

extension MarkdownTree.Node {
  /// The number of the cell that the node is.
  var cell: Int? { if case .cell(let number) = part { number } else { nil } }

  /// True for a cell.
  var isCell: Bool { cell != nil }
}

extension MarkdownTree.Kind {
  /// The text that the node itself brings into a rendered block.
  fileprivate var content: String {
    switch self {
    case .codeBlock(let info, let literal): info + literal
    case .htmlBlock(let text), .text(let text), .code(let text), .inlineHTML(let text), .verbatim(let text): text
    case .link(let url, let title), .image(let url, let title): url + title
    default: ""
    }
  }
}
