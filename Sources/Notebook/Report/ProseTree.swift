internal import CMark
internal import Core
internal import Notebook

/// A notebook's Markdown as libcmark reads it, made harmless and filled with computed values.
///
/// The whole body is one tree, so that a link defined in one place works in every other. Raw HTML never passes: a line break, sub-
/// and superscripts are kept, comments fall away, everything else is shown as the text that it is. Links lead to `http`,
/// `https`, `mailto` and places without a scheme; any other loses its target. A picture is replaced by its bytes or by its description.
struct ProseTree {
  struct Heading: Sendable, Hashable {
    /// 1 to 6.
    var level: Int
    var title: String
    /// The fragment that leads there.
    var anchor: String
  }

  enum Piece: Sendable {
    case heading(Heading, html: HTML, markdown: String)
    case prose(html: HTML, markdown: String)
    /// The number of a cell.
    case cell(Int)
  }

  private(set) var pieces: [Piece] = []

  /// What stands in the place of an inline expression.
  struct Value: Sendable {
    var text: String
    /// What a pointer that rests on it says.
    var title: String
    var isMissing: Bool
  }

  private let values: [(expression: String, value: Value)]
  private let pictures: [String: Picture]
  private var nextValue = 0
  /// By the path in the notebook.
  private var fileNames: [String: String] = [:]
  private var anchors: Set<String> = ["colophon", "contents", "top"]

  /// - Parameters:
  ///   - markdown: the notebook after its front matter.
  ///   - values: each inline expression of the notebook with its value, in order.
  ///   - cells: the numbers of the cells, in order: top-level code blocks of the kind `swift` or `{swift}`.
  init(
    _ markdown: String, values: [(expression: String, value: Value)] = [], cells: [Int] = [],
    pictures: [String: Picture] = [:]
  ) {
    self.values = values.map { (Self.squeezed($0.expression), $0.value) }
    self.pictures = pictures
    var markdown = markdown
    let document = markdown.withUTF8 { buffer in
      buffer.withMemoryRebound(to: CChar.self) { cmark_parse_document($0.baseAddress, $0.count, CMARK_OPT_DEFAULT) }
    }
    guard let document else { return }
    defer { cmark_node_free(document) }
    var remaining = cells[...]
    var child = cmark_node_first_child(document)
    while let node = child {
      child = cmark_node_next(node)
      if cmark_node_get_type(node) == CMARK_NODE_CODE_BLOCK, !remaining.isEmpty,
        ["swift", "{swift}"].contains(Self.string(cmark_node_get_fence_info(node)))
      {
        pieces.append(.cell(remaining.removeFirst()))
        continue
      }
      append(node)
    }
  }

  /// Markdown that stands outside the body, such as the abstract, but may use the body's link definitions.
  static func aside(_ markdown: String, of body: String, pictures: [String: Picture]) -> ProseTree {
    guard markdown.utf8.contains(UInt8(ascii: "[")) else { return ProseTree(markdown, pictures: pictures) }
    let definitions = body.split(separator: "\n").filter { line in
      let text = line.drop { $0 == " " }
      return text.hasPrefix("[") && text.contains("]:")
    }
    return ProseTree(markdown + "\n\n" + definitions.joined(separator: "\n") + "\n", pictures: pictures)
  }

  /// The first-level heading that the prose begins with: the notebook's title where the front matter gives none.
  var title: String? {
    if case .heading(let heading, _, _) = pieces.first, heading.level == 1 { heading.title } else { nil }
  }

  /// The pieces without the heading that repeats, or gives, the title.
  func body(frontMatterTitle: String?) -> ArraySlice<Piece> {
    guard let title, frontMatterTitle == nil || frontMatterTitle == title else { return pieces[...] }
    return pieces.dropFirst()
  }

  // MARK: One block

  /// The block twice over: libcmark renders trees, so the one for Markdown is changed first into what is common to both, then rendered,
  /// then changed further for HTML.
  private mutating func append(_ node: OpaquePointer) {
    guard let block = replaceUnsafe(in: node) else { return }
    let inserted = placeValues(in: block)
    let title = Self.text(of: block)
    let images = nameFiles(in: block)
    let markdown = Self.take(cmark_render_commonmark(block, CMARK_OPT_DEFAULT, 0))
    for (node, value) in inserted { Self.mark(node, value) }
    for image in images.reversed() { place(image) }
    guard cmark_node_get_type(block) == CMARK_NODE_HEADING else {
      pieces.append(
        .prose(html: HTML(safe: Self.take(cmark_render_html(block, CMARK_OPT_DEFAULT))), markdown: markdown))
      return
    }
    let heading = Heading(level: Int(cmark_node_get_heading_level(block)), title: title, anchor: anchor(for: title))
    var content = HTML()
    var inline = cmark_node_first_child(block)
    while let node = inline {
      content += HTML(safe: Self.take(cmark_render_html(node, CMARK_OPT_DEFAULT)))
      inline = cmark_node_next(node)
    }
    pieces.append(.heading(heading, html: content, markdown: markdown))
  }

  /// Makes raw HTML and links harmless.
  /// - Returns: the block, or what stands in its place; `nil` when nothing is left of it.
  private func replaceUnsafe(in block: OpaquePointer) -> OpaquePointer? {
    var block: OpaquePointer? = block
    for node in Self.nodes(in: block) {
      switch cmark_node_get_type(node) {
      case CMARK_NODE_HTML_BLOCK:
        let literal = Self.string(cmark_node_get_literal(node))
        let isComment = Self.isComment(literal)
        if isComment {
          if node == block { block = nil }
          cmark_node_unlink(node)
          cmark_node_free(node)
        } else if let code = cmark_node_new(CMARK_NODE_CODE_BLOCK) {
          cmark_node_set_literal(code, literal)
          cmark_node_set_fence_info(code, "html")
          cmark_node_replace(node, code)
          if node == block { block = code }
          cmark_node_free(node)
        }
      case CMARK_NODE_HTML_INLINE:
        let literal = Self.string(cmark_node_get_literal(node))
        guard !Self.harmlessTags.contains(literal.lowercased()) else {
          Self.replace(node, by: Self.custom(HTML(safe: literal.lowercased())))
          continue
        }
        let text = cmark_node_new(CMARK_NODE_TEXT)
        if !Self.isComment(literal) { cmark_node_set_literal(text, literal) }
        Self.replace(node, by: text)
      case CMARK_NODE_LINK:
        if !Self.isSafe(Self.string(cmark_node_get_url(node))) { cmark_node_set_url(node, "") }
      default: break
      }
    }
    return block
  }

  /// Puts values in the place of expressions, as plain text.
  /// - Returns: the text nodes.
  private mutating func placeValues(in block: OpaquePointer) -> [(node: OpaquePointer, value: Value)] {
    var inserted: [(OpaquePointer, Value)] = []
    for node in Self.nodes(in: block) where cmark_node_get_type(node) == CMARK_NODE_CODE && nextValue < values.count {
      let literal = Self.string(cmark_node_get_literal(node))
      guard literal.hasPrefix("swift "), Self.squeezed(String(literal.dropFirst(6))) == values[nextValue].expression
      else {
        continue
      }
      let value = values[nextValue].value
      nextValue += 1
      guard let text = cmark_node_new(CMARK_NODE_TEXT) else { continue }
      cmark_node_set_literal(text, value.text)
      Self.replace(node, by: text)
      inserted.append((text, value))
    }
    return inserted
  }

  /// Turns the text of a value into marked HTML.
  private static func mark(_ node: OpaquePointer, _ value: Value) {
    // A short value, such as a number with separated thousands, stays on one line.
    let className = value.isMissing ? "value missing" : value.text.count <= 20 ? "value short" : "value"
    let html: HTML = "<span class=\"\(className)\" title=\"\(value.title)\" dir=\"auto\">\(value.text)</span>"
    replace(node, by: custom(html))
  }

  /// An image of the prose, and what is known of its bytes.
  private struct Image {
    var node: OpaquePointer
    var url: String
    var description: String
    var picture: Picture?
  }

  /// Finds the images, outer before inner, and gives each that is known the name of a file beside the report.
  private mutating func nameFiles(in block: OpaquePointer) -> [Image] {
    Self.nodes(in: block).filter { cmark_node_get_type($0) == CMARK_NODE_IMAGE }.map { node in
      let url = Self.string(cmark_node_get_url(node))
      let picture = pictures[url]
      if let picture, let ending = PictureHTML.fileExtension(picture) {
        let name = fileNames[url] ?? "figures/prose-\(fileNames.count + 1).\(ending)"
        fileNames[url] = name
        cmark_node_set_url(node, name)
      } else if !Self.isSafe(url) {
        cmark_node_set_url(node, "")
      }
      return Image(node: node, url: url, description: Self.text(of: node), picture: picture)
    }
  }

  private func place(_ image: Image) {
    if let picture = image.picture, let source = PictureHTML.source(picture) {
      Self.replace(image.node, by: Self.custom("<img src=\"\(source)\" alt=\"\(image.description)\">"))
    } else {
      let description = image.description.isEmpty ? image.url : image.description
      Self.replace(
        image.node, by: Self.custom("<span class=\"absent\" title=\"\(image.url)\">picture: \(description)</span>"))
    }
  }

  /// The pictures of the prose as files beside the report.
  var files: [RenderedReport.File] {
    fileNames.sorted { $0.value < $1.value }.compactMap { url, name in
      pictures[url].map { .init(name: name, bytes: $0.bytes) }
    }
  }

  // MARK: Parts

  private static let harmlessTags: Set<String> = ["<br>", "<br/>", "<br />", "<sub>", "</sub>", "<sup>", "</sup>"]

  private static func isComment(_ html: String) -> Bool {
    let trimmed = html.drop { $0.isWhitespace }
    guard trimmed.hasPrefix("<!--"), let end = trimmed.firstRange(of: "-->") else { return false }
    return trimmed[end.upperBound...].allSatisfy(\.isWhitespace)
  }

  /// Whether a link may keep its target: a known scheme, or none.
  static func isSafe(_ url: String) -> Bool {
    // Browsers drop white space and control characters inside a scheme.
    let scalars = url.unicodeScalars.filter { $0.value > 32 && $0.value != 127 }
    guard let colon = scalars.firstIndex(of: ":") else { return true }
    let scheme = String(String.UnicodeScalarView(scalars[..<colon])).lowercased()
    if scheme.contains(where: { "/?#".contains($0) }) { return true }
    return ["http", "https", "mailto"].contains(scheme)
  }

  private mutating func anchor(for title: String) -> String {
    var slug = ""
    for character in title.lowercased() {
      if character.isLetter || character.isNumber {
        slug.append(character)
      } else if slug.last != "-", !slug.isEmpty {
        slug.append("-")
      }
    }
    if slug.last == "-" { slug.removeLast() }
    let base = slug.isEmpty ? "section" : String(slug.prefix(60))
    var unique = base
    var count = 2
    while !anchors.insert(unique).inserted {
      unique = "\(base)-\(count)"
      count += 1
    }
    return unique
  }

  private static func squeezed(_ text: String) -> String { String(text.filter { !" \n\t>".contains($0) }) }
}
