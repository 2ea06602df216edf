internal import Core
internal import Notebook

/// A notebook's prose in both forms of a report, made harmless and filled with computed values.
///
/// Raw HTML never passes: a line break, sub- and superscripts are kept, comments are left out, everything else is
/// shown as text. Links lead to `http`, `https`, `mailto` and places without a scheme; any other link loses its
/// target. A picture is replaced by its bytes or by its description.
struct RenderedProse {
  /// A heading of the prose.
  struct Heading: Sendable, Hashable {
    /// 1 to 6.
    var level: Int
    /// The text without marks.
    var title: String
    /// The fragment that leads there.
    var anchor: String
  }

  /// A block of the report, in the order of the notebook.
  enum Piece: Sendable {
    case heading(Heading, html: HTML, markdown: String)
    case prose(html: HTML, markdown: String)
    /// The number of a cell.
    case cell(Int)
    /// A list or a quotation with cells inside.
    case container([Fragment])
  }

  /// A piece of a list or a quotation: all of them in a row are the block.
  enum Fragment: Sendable {
    case prose(html: HTML, markdown: String)
    /// The number of a cell, and the characters that each line of its Markdown after the first begins with.
    case cell(Int, indentation: String)
  }

  /// The text in the place of an inline expression.
  struct Value: Sendable {
    var text: String
    /// The text that a pointer resting on it shows.
    var title: String
    /// True when the run has no value for the expression.
    var isMissing: Bool
  }

  private(set) var pieces: [Piece] = []

  private let values: [Int: Value]
  private let pictures: [String: Picture]
  /// The file beside the report of each picture, by the path in the notebook.
  private var fileNames: [String: String] = [:]
  private var anchors: Set<String> = ["colophon", "contents", "top"]

  /// - Parameters:
  ///   - markdown: the parsed notebook after its front matter, or its abstract.
  ///   - values: the value of each inline expression, by its number; one without a value stays code.
  ///   - pictures: the pictures that can be shown, by the path in the notebook.
  init(_ markdown: MarkdownTree, values: [Int: Value] = [:], pictures: [String: Picture] = [:]) {
    self.values = values
    self.pictures = pictures
    let blocks = markdown.blocks
    for (index, block) in blocks.enumerated() {
      if case .cell(let number) = markdown.nodes[block].part {
        pieces.append(.cell(number))
      } else {
        let next = index + 1 < blocks.count ? markdown.nodes[blocks[index + 1]].kind : nil
        append(harmless(block, of: markdown), before: next)
      }
    }
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

  /// The pictures of the prose as files beside the report.
  var files: [RenderedReport.File] {
    fileNames.sorted { $0.value < $1.value }.compactMap { url, name in
      pictures[url].map { .init(name: name, bytes: $0.bytes) }
    }
  }

  // MARK: One block

  /// A block with harmless links, without raw HTML, and with values in the place of expressions.
  /// - Returns: an empty tree for a comment.
  private func harmless(_ block: Int, of markdown: MarkdownTree) -> MarkdownTree {
    markdown.mapped(block) { position in
      let node = markdown.nodes[position]
      switch node.kind {
      case .htmlBlock(let literal):
        return Self.isComment(literal) ? nil : .codeBlock(info: "html", literal: literal)
      case .inlineHTML(let literal):
        let tag = literal.lowercased()
        if Self.harmlessTags.contains(tag) { return .verbatim(tag) }
        return .text(Self.isComment(literal) ? "" : literal)
      case .link(let url, let title) where !Self.isSafe(url): return .link(url: "", title: title)
      case .code: return value(of: node).map { .text($0.text) } ?? node.kind
      default: return node.kind
      }
    }
  }

  /// The value of the inline expression that a node is.
  private func value(of node: MarkdownTree.Node) -> Value? {
    if case .inline(let id) = node.part { values[id] } else { nil }
  }

  /// Appends a block in both forms.
  /// - Parameter next: the kind of the notebook's block after it.
  private mutating func append(_ block: MarkdownTree, before next: MarkdownTree.Kind?) {
    guard let kind = block.nodes.first?.kind else { return }
    let page = marked(block)
    let text = withFileNames(block)
    if block.nodes.contains(where: \.isCell) {
      pieces.append(.container(CellPlacement.fragments(page: page, text: text, before: next)))
      return
    }

    let markdown = text.commonMark(of: 0, before: next)
    guard case .heading(let level) = kind else {
      pieces.append(.prose(html: HTML(safe: page.html(of: 0)), markdown: markdown))
      return
    }

    let title = block.text(of: 0)
    // The tags of the heading itself are those of the page, where the levels differ.
    let content = page.children(of: 0).map { page.html(of: $0) }.joined()
    pieces.append(
      .heading(
        Heading(level: level, title: title, anchor: anchor(for: title)), html: HTML(safe: content), markdown: markdown))
  }

  /// The block for `report.md`: each picture that is known has the name of a file beside the report.
  private mutating func withFileNames(_ block: MarkdownTree) -> MarkdownTree {
    block.mapped(0) { position in
      guard case .image(let url, let title) = block.nodes[position].kind else { return block.nodes[position].kind }
      if let picture = pictures[url], let ending = PictureHTML.fileExtension(picture) {
        let name = fileNames[url] ?? "figures/prose-\(fileNames.count + 1).\(ending)"
        fileNames[url] = name
        return .image(url: name, title: title)
      }
      return .image(url: Self.isSafe(url) ? url : "", title: title)
    }
  }

  /// The block for the page: values are marked as such, and pictures are in it or replaced by their description.
  private func marked(_ block: MarkdownTree) -> MarkdownTree {
    block.mapped(0) { position in
      let node = block.nodes[position]
      if let value = value(of: node) { return .verbatim(Self.html(value).string) }
      guard case .image(let url, _) = node.kind else { return node.kind }
      return .verbatim(html(ofImage: url, description: block.text(of: position)).string)
    }
  }

  private static func html(_ value: Value) -> HTML {
    // A short value, such as a number with separated thousands, stays on one line.
    let className = value.isMissing ? "value missing" : value.text.count <= 20 ? "value short" : "value"
    return #"<span class="\#(className)" title="\#(value.title)" dir="auto">\#(value.text)</span>"#
  }

  private func html(ofImage url: String, description: String) -> HTML {
    if let source = pictures[url].flatMap(PictureHTML.source) {
      return #"<img src="\#(source)" alt="\#(description)">"#
    }
    return #"<span class="absent" title="\#(url)">picture: \#(description.isEmpty ? url : description)</span>"#
  }

  // MARK: Parts

  private static let harmlessTags: Set<String> = ["<br>", "<br/>", "<br />", "<sub>", "</sub>", "<sup>", "</sup>"]

  private static func isComment(_ html: String) -> Bool {
    let trimmed = html.drop { $0.isWhitespace }
    guard trimmed.hasPrefix("<!--"), let end = trimmed.firstRange(of: "-->") else { return false }
    return trimmed[end.upperBound...].allSatisfy(\.isWhitespace)
  }

  /// True for a link that may keep its target: it has a known scheme, or none.
  static func isSafe(_ url: String) -> Bool {
    // Browsers drop white space and control characters inside a scheme.
    let scalars = url.unicodeScalars.filter { $0.value > 32 && $0.value != 127 }
    guard let colon = scalars.firstIndex(of: ":") else { return true }
    let scheme = String(String.UnicodeScalarView(scalars[..<colon])).lowercased()
    if scheme.contains(where: { "/?#".contains($0) }) { return true }
    return ["http", "https", "mailto"].contains(scheme)
  }

  /// A fragment of the title's letters and digits that no other heading has.
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

    // Headings without letters, and equal ones, get a number.
    let base = slug.isEmpty ? "section" : String(slug.prefix(60))
    var unique = base
    var count = 2
    while !anchors.insert(unique).inserted {
      unique = "\(base)-\(count)"
      count += 1
    }
    return unique
  }
}
