internal import CMark

// The only file that knows libcmark: it reads a text into a tree of values, and writes a tree. No pointer leaves it.

extension MarkdownTree {
  /// Reads CommonMark.
  ///
  /// - Parameter bytes: UTF-8 with `\n` line ends. Any text is CommonMark; a byte 0 becomes U+FFFD.
  package init(parsing bytes: [UInt8]) {
    self.init()
    let document = bytes.withUnsafeBytes { buffer in
      cmark_parse_document(buffer.bindMemory(to: CChar.self).baseAddress, buffer.count, CMARK_OPT_DEFAULT)
    }
    guard let document else { return }
    defer { cmark_node_free(document) }
    guard let iterator = cmark_iter_new(document) else { return }
    defer { cmark_iter_free(iterator) }

    var open: [Int] = []
    // libcmark's places of inline parts are not reliable, so these have the lines of the block that they are in.
    var lines = 1...1
    while true {
      let event = cmark_iter_next(iterator)
      guard event != CMARK_EVENT_DONE, let node = cmark_iter_get_node(iterator) else { return }
      // The document itself is not a node of ours.
      guard let kind = Kind(node) else { continue }
      guard event == CMARK_EVENT_ENTER else {
        nodes[open.removeLast()].end = nodes.count
        continue
      }

      let start = Int(cmark_node_get_start_line(node))
      let isBlock = cmark_node_get_type(node).rawValue <= CMARK_NODE_LAST_BLOCK.rawValue
      if isBlock { lines = max(1, start)...max(1, start, Int(cmark_node_get_end_line(node))) }
      if !kind.isLeaf { open.append(nodes.count) }
      nodes.append(Node(kind: kind, lines: lines, end: nodes.count + 1))
    }
  }

  /// A node and everything inside it as HTML, in which raw HTML and links of dangerous schemes are left out.
  package func html(of position: Int) -> String {
    guard let root = cmarkNode(position) else { return "" }
    defer { cmark_node_free(root) }
    return String(taking: cmark_render_html(root, CMARK_OPT_DEFAULT))
  }

  /// A top-level block as CommonMark, in lines as long as the source has them.
  ///
  /// - Parameter next: the kind of the block after it, which decides whether a list needs a mark at its end.
  package func commonMark(of position: Int, before next: Kind?) -> String {
    guard let document = cmark_node_new(CMARK_NODE_DOCUMENT) else { return "" }
    defer { cmark_node_free(document) }
    guard let root = cmarkNode(position, separatesLists: true), Self.append(root, to: document) else { return "" }
    if let following = next?.makeCMarkNode() { _ = Self.append(following, to: document) }
    return String(taking: cmark_render_commonmark(root, CMARK_OPT_DEFAULT, 0))
  }

  /// The node and everything inside it as a tree of libcmark, which the caller frees.
  /// - Parameter separatesLists: true to put a comment before a list that an item begins with, where more follows.
  private func cmarkNode(_ position: Int, separatesLists: Bool = false) -> OpaquePointer? {
    // From the last node to the first, so that a node gets its children before it has a parent: for each child that
    // it adds, libcmark walks up to the root.
    var complete: [(position: Int, node: OpaquePointer)] = []
    for index in nodes[position..<nodes[position].end].indices.reversed() {
      guard let node = nodes[index].kind.makeCMarkNode() else { continue }
      while let child = complete.last, child.position < nodes[index].end {
        _ = Self.append(child.node, to: node)
        complete.removeLast()
      }
      if separatesLists, case .item = nodes[index].kind { Self.separateList(in: node) }
      complete.append((index, node))
    }
    return complete.last?.node
  }

  /// Puts a comment at the beginning of an item whose first block is a list and not its last one.
  ///
  /// libcmark would write the marks of both on one line, two columns apart: the second mark would move the beginning
  /// of the item, so that its next blocks would no longer be in it.
  private static func separateList(in item: OpaquePointer) {
    guard let first = cmark_node_first_child(item), cmark_node_get_type(first) == CMARK_NODE_LIST,
      cmark_node_next(first) != nil, let paragraph = cmark_node_new(CMARK_NODE_PARAGRAPH),
      let comment = MarkdownTree.Kind.inlineHTML("<!-- list -->").makeCMarkNode(), append(comment, to: paragraph),
      cmark_node_prepend_child(item, paragraph) == 1
    else { return }
  }

  /// Gives a node to a parent, which frees it with itself.
  /// - Returns: false when the parent cannot contain such a node, which is then freed.
  private static func append(_ child: OpaquePointer, to parent: OpaquePointer) -> Bool {
    if cmark_node_append_child(parent, child) == 1 { return true }
    cmark_node_free(child)
    return false
  }
}

extension MarkdownTree.Kind {
  /// `nil` for the document itself.
  fileprivate init?(_ node: OpaquePointer) {
    // Of a kind that does not have one, libcmark gives none.
    let literal = { String(borrowing: cmark_node_get_literal(node)) }
    let url = { String(borrowing: cmark_node_get_url(node)) }
    let title = { String(borrowing: cmark_node_get_title(node)) }

    switch cmark_node_get_type(node) {
    case CMARK_NODE_BLOCK_QUOTE: self = .blockQuote
    case CMARK_NODE_LIST:
      self = .list(
        MarkdownTree.List(
          isOrdered: cmark_node_get_list_type(node) == CMARK_ORDERED_LIST,
          start: Int(cmark_node_get_list_start(node)),
          hasParenthesis: cmark_node_get_list_delim(node) == CMARK_PAREN_DELIM,
          isTight: cmark_node_get_list_tight(node) == 1))
    case CMARK_NODE_ITEM: self = .item
    case CMARK_NODE_CODE_BLOCK:
      self = .codeBlock(info: String(borrowing: cmark_node_get_fence_info(node)), literal: literal())
    case CMARK_NODE_HTML_BLOCK: self = .htmlBlock(literal())
    case CMARK_NODE_PARAGRAPH: self = .paragraph
    case CMARK_NODE_HEADING: self = .heading(level: Int(cmark_node_get_heading_level(node)))
    case CMARK_NODE_THEMATIC_BREAK: self = .thematicBreak
    case CMARK_NODE_TEXT: self = .text(literal())
    case CMARK_NODE_SOFTBREAK: self = .softBreak
    case CMARK_NODE_LINEBREAK: self = .lineBreak
    case CMARK_NODE_CODE: self = .code(literal())
    case CMARK_NODE_HTML_INLINE: self = .inlineHTML(literal())
    case CMARK_NODE_EMPH: self = .emphasis
    case CMARK_NODE_STRONG: self = .strong
    case CMARK_NODE_LINK: self = .link(url: url(), title: title())
    case CMARK_NODE_IMAGE: self = .image(url: url(), title: title())
    default: return nil
    }
  }

  /// A node of libcmark without children, which the caller frees.
  fileprivate func makeCMarkNode() -> OpaquePointer? {
    let node = cmark_node_new(cmarkType)

    // A string for libcmark ends at its first byte 0; no text that it parsed has one.
    switch self {
    case .list(let list):
      cmark_node_set_list_type(node, list.isOrdered ? CMARK_ORDERED_LIST : CMARK_BULLET_LIST)
      cmark_node_set_list_start(node, CInt(clamping: list.start))
      cmark_node_set_list_delim(node, list.hasParenthesis ? CMARK_PAREN_DELIM : CMARK_PERIOD_DELIM)
      cmark_node_set_list_tight(node, list.isTight ? 1 : 0)
    case .codeBlock(let info, let literal):
      cmark_node_set_fence_info(node, info)
      cmark_node_set_literal(node, literal)
    case .heading(let level): cmark_node_set_heading_level(node, CInt(clamping: level))
    case .htmlBlock(let literal), .text(let literal), .code(let literal), .inlineHTML(let literal):
      cmark_node_set_literal(node, literal)
    case .link(let url, let title), .image(let url, let title):
      cmark_node_set_url(node, url)
      cmark_node_set_title(node, title)
    case .verbatim(let text): cmark_node_set_on_enter(node, text)
    case .blockQuote, .item, .paragraph, .thematicBreak, .softBreak, .lineBreak, .emphasis, .strong: break
    }
    return node
  }

  private var cmarkType: cmark_node_type {
    switch self {
    case .blockQuote: CMARK_NODE_BLOCK_QUOTE
    case .list: CMARK_NODE_LIST
    case .item: CMARK_NODE_ITEM
    case .codeBlock: CMARK_NODE_CODE_BLOCK
    case .htmlBlock: CMARK_NODE_HTML_BLOCK
    case .paragraph: CMARK_NODE_PARAGRAPH
    case .heading: CMARK_NODE_HEADING
    case .thematicBreak: CMARK_NODE_THEMATIC_BREAK
    case .text: CMARK_NODE_TEXT
    case .softBreak: CMARK_NODE_SOFTBREAK
    case .lineBreak: CMARK_NODE_LINEBREAK
    case .code: CMARK_NODE_CODE
    case .inlineHTML: CMARK_NODE_HTML_INLINE
    case .emphasis: CMARK_NODE_EMPH
    case .strong: CMARK_NODE_STRONG
    case .link: CMARK_NODE_LINK
    case .image: CMARK_NODE_IMAGE
    case .verbatim: CMARK_NODE_CUSTOM_INLINE
    }
  }
}

extension String {
  /// Copies a string that libcmark keeps.
  fileprivate init(borrowing text: UnsafePointer<CChar>?) { self = text.map { String(cString: $0) } ?? "" }

  /// Copies a string that libcmark allocated for the caller, and frees it.
  fileprivate init(taking text: UnsafeMutablePointer<CChar>?) {
    self.init(borrowing: text)
    if let text { cmark_get_default_mem_allocator().pointee.free(text) }
  }
}
