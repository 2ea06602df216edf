internal import CMark

/// What a notebook needs to know of its CommonMark: the top-level blocks and every code span, in order.
///
/// Built once from libcmark's tree, without recursion, so that deep nesting costs no stack; nothing of libcmark is kept.
struct MarkdownOutline {
  struct Block {
    /// From 1, in the text that was given.
    var lines: ClosedRange<Int>
    /// For a code block, its info string and its content.
    var code: (info: String, literal: String)?
  }

  struct CodeSpan {
    var literal: String
    /// The lines of the paragraph or heading that it is in.
    var leafLines: ClosedRange<Int>
    /// Whether a block quote is around it, whose `>` may stand inside a span of several lines.
    var isQuoted: Bool
  }

  private(set) var blocks: [Block] = []
  private(set) var codeSpans: [CodeSpan] = []

  init(_ bytes: ArraySlice<UInt8>) {
    let document = bytes.withUnsafeBytes { buffer in
      cmark_parse_document(buffer.bindMemory(to: CChar.self).baseAddress, buffer.count, CMARK_OPT_DEFAULT)
    }
    guard let document else { return }
    defer { cmark_node_free(document) }
    guard let iterator = cmark_iter_new(document) else { return }
    defer { cmark_iter_free(iterator) }
    var depth = 0
    var quotes = 0
    var leafLines = 1...1
    while true {
      let event = cmark_iter_next(iterator)
      guard event != CMARK_EVENT_DONE, let node = cmark_iter_get_node(iterator) else { break }
      let type = cmark_node_get_type(node)
      guard event == CMARK_EVENT_ENTER else {
        depth -= 1
        if type == CMARK_NODE_BLOCK_QUOTE { quotes -= 1 }
        continue
      }
      if depth == 1 { blocks.append(Self.block(node, type)) }
      if type == CMARK_NODE_PARAGRAPH || type == CMARK_NODE_HEADING { leafLines = Self.lines(node) }
      if type == CMARK_NODE_BLOCK_QUOTE { quotes += 1 }
      if type == CMARK_NODE_CODE {
        codeSpans.append(
          CodeSpan(literal: Self.string(cmark_node_get_literal(node)), leafLines: leafLines, isQuoted: quotes > 0))
      }
      if Self.emitsExit(type) { depth += 1 }
    }
  }

  /// libcmark sends an exit event for all but these kinds.
  private static func emitsExit(_ type: cmark_node_type) -> Bool {
    switch type {
    case CMARK_NODE_HTML_BLOCK, CMARK_NODE_THEMATIC_BREAK, CMARK_NODE_CODE_BLOCK, CMARK_NODE_TEXT, CMARK_NODE_SOFTBREAK,
      CMARK_NODE_LINEBREAK, CMARK_NODE_CODE, CMARK_NODE_HTML_INLINE:
      false
    default: true
    }
  }

  private static func block(_ node: OpaquePointer, _ type: cmark_node_type) -> Block {
    let code: (info: String, literal: String)? =
      type == CMARK_NODE_CODE_BLOCK
      ? (string(cmark_node_get_fence_info(node)), string(cmark_node_get_literal(node))) : nil
    return Block(lines: lines(node), code: code)
  }

  private static func lines(_ node: OpaquePointer) -> ClosedRange<Int> {
    let start = max(1, Int(cmark_node_get_start_line(node)))
    return start...max(start, Int(cmark_node_get_end_line(node)))
  }

  private static func string(_ text: UnsafePointer<CChar>?) -> String {
    text.map { String(cString: $0) } ?? ""
  }
}
