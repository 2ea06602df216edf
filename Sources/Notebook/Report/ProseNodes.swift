internal import CMark

/// Small steps on libcmark's trees.
extension ProseTree {
  /// The nodes of a block in document order, taken before any is replaced.
  static func nodes(in block: OpaquePointer?) -> [OpaquePointer] {
    guard let block, let iterator = cmark_iter_new(block) else { return [] }
    defer { cmark_iter_free(iterator) }
    var nodes: [OpaquePointer] = []
    while true {
      let event = cmark_iter_next(iterator)
      guard event != CMARK_EVENT_DONE else { return nodes }
      if event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(iterator) { nodes.append(node) }
    }
  }

  /// The text of a node without marks; line breaks become spaces.
  static func text(of node: OpaquePointer) -> String {
    nodes(in: node).reduce(into: "") { text, node in
      switch cmark_node_get_type(node) {
      case CMARK_NODE_TEXT, CMARK_NODE_CODE: text += string(cmark_node_get_literal(node))
      case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: text += " "
      default: break
      }
    }
  }

  /// A node that both of libcmark's renderers write as it is.
  static func custom(_ html: HTML) -> OpaquePointer? {
    let node = cmark_node_new(CMARK_NODE_CUSTOM_INLINE)
    cmark_node_set_on_enter(node, html.string)
    return node
  }

  /// Takes the place of a node; the node and all in it are freed.
  static func replace(_ node: OpaquePointer, by other: OpaquePointer?) {
    guard let other else { return }
    cmark_node_replace(node, other)
    cmark_node_free(node)
  }

  static func string(_ text: UnsafePointer<CChar>?) -> String { text.map { String(cString: $0) } ?? "" }

  /// A string that libcmark allocated: copied and freed.
  static func take(_ text: UnsafeMutablePointer<CChar>?) -> String {
    guard let text else { return "" }
    defer { cmark_get_default_mem_allocator().pointee.free(text) }
    return String(cString: text)
  }
}
