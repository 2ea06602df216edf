/// A Markdown text as a tree of blocks and inline parts, read once and handed on as values.
///
/// The nodes are in one array in the order of the text: a node is before everything inside it, and knows where that
/// ends. Reading, copying and releasing a tree therefore need no recursion, and deep nesting costs no stack.
///
/// Another kind of Markdown, such as a table, is a case of ``Kind``, which `CommonMark.swift` reads and writes.
package struct MarkdownTree: Codable, Hashable, Sendable {
  /// A block or an inline part.
  package struct Node: Codable, Hashable, Sendable {
    /// The kind of Markdown that it is, with its content.
    package var kind: Kind
    /// Its lines, from 1, in the text that was parsed; of an inline part those of its paragraph or heading. The
    /// lines of a block can end with blank ones.
    package var lines: ClosedRange<Int>
    /// The position after the last node inside this one.
    package var end: Int
    /// The notebook's cell or inline expression that this code is; `nil` for everything else.
    package var part: LineMap.Part?
  }

  /// The kinds of CommonMark. Source: CommonMark Spec 0.30, chapters 4 to 6.
  package enum Kind: Codable, Hashable, Sendable {
    case blockQuote
    case list(List)
    case item
    /// Fenced or indented code; an indented one has an empty info string.
    case codeBlock(info: String, literal: String)
    case htmlBlock(String)
    case paragraph
    /// A heading of level 1 to 6.
    case heading(level: Int)
    case thematicBreak
    case text(String)
    case softBreak
    case lineBreak
    case code(String)
    case inlineHTML(String)
    case emphasis
    case strong
    case link(url: String, title: String)
    case image(url: String, title: String)
    /// Inline text that is written unchanged in every form: no text parses as this, a renderer puts it in.
    case verbatim(String)

    /// True for a kind that never has nodes inside.
    package var isLeaf: Bool {
      switch self {
      case .blockQuote, .list, .item, .paragraph, .heading, .emphasis, .strong, .link, .image: false
      case .codeBlock, .htmlBlock, .thematicBreak, .text, .softBreak, .lineBreak, .code, .inlineHTML, .verbatim: true
      }
    }
  }

  /// The properties of a list.
  package struct List: Codable, Hashable, Sendable {
    /// True for a numbered list.
    package var isOrdered: Bool
    /// The number of the first item; 0 for a list without numbers.
    package var start: Int
    /// True for `1)`, false for `1.`.
    package var hasParenthesis: Bool
    /// True for a list without blank lines between its items.
    package var isTight: Bool
  }

  /// Every node in the order of the text.
  package internal(set) var nodes: [Node] = []

  /// A tree without nodes.
  package init() {}

  /// The positions of the blocks that no other block is around, in order.
  package var blocks: [Int] { siblings(from: 0, to: nodes.count) }

  /// The positions of the nodes directly inside a node, in order.
  package func children(of position: Int) -> [Int] { siblings(from: position + 1, to: nodes[position].end) }

  private func siblings(from start: Int, to end: Int) -> [Int] {
    var positions: [Int] = []
    var next = start
    while next < end {
      positions.append(next)
      next = nodes[next].end
    }
    return positions
  }

  /// The text of a node without marks; line breaks become spaces.
  package func text(of position: Int) -> String {
    nodes[position..<nodes[position].end].reduce(into: "") { text, node in
      switch node.kind {
      case .text(let literal), .code(let literal): text += literal
      case .softBreak, .lineBreak: text += " "
      default: break
      }
    }
  }

  /// A tree of one node and everything inside it, changed.
  ///
  /// - Parameters:
  ///   - position: the node's position in ``nodes``.
  ///   - kind: the new kind of the node at a position; `nil` leaves the node out. It is not called for the nodes
  ///     inside one that is left out or becomes a leaf: these are left out too.
  package func mapped(_ position: Int, _ kind: (Int) -> Kind?) -> MarkdownTree {
    var result = MarkdownTree()
    // The nodes of the new tree that are not complete, with the position after them in this tree.
    var open: [(node: Int, end: Int)] = []
    var next = position
    while next < nodes[position].end {
      while let last = open.last, last.end <= next {
        result.nodes[last.node].end = result.nodes.count
        open.removeLast()
      }

      var node = nodes[next]
      guard let kind = kind(next) else {
        next = node.end
        continue
      }
      let end = node.end
      node.kind = kind
      node.end = result.nodes.count + 1
      if kind.isLeaf {
        next = end
      } else {
        open.append((result.nodes.count, end))
        next += 1
      }
      result.nodes.append(node)
    }

    for last in open { result.nodes[last.node].end = result.nodes.count }
    return result
  }
}
