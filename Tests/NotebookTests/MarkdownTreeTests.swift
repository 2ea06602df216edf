import Core
import Notebook
import Testing

/// The tree from which cells, inline expressions and the report come.
@Suite struct MarkdownTreeTests {
  static let text = """
    # Title with `code`

    > 3. one *two* [three](u "t") ![four](v)
    > 4. <b>five</b> again\\
    >    six

    - a
    - b

    - c

    ```swift
    let x = 1
    ```

    <!-- seven -->

    ---

    \teight

    """

  @Test func `A tree is written back as it was read`() {
    let tree = MarkdownTree(parsing: Array(Self.text.utf8))
    var written = ""
    for (index, block) in tree.blocks.enumerated() {
      let next = index + 1 < tree.blocks.count ? tree.nodes[tree.blocks[index + 1]].kind : nil
      written += tree.commonMark(of: block, before: next) + "\n"
    }
    let again = MarkdownTree(parsing: Array(written.utf8))
    #expect(again.nodes.map(\.kind) == tree.nodes.map(\.kind))
    #expect(again.nodes.map(\.end) == tree.nodes.map(\.end))
  }

  @Test func `Nodes know their lines and where their content ends`() throws {
    let tree = MarkdownTree(parsing: Array(Self.text.utf8))
    #expect(tree.blocks.map { tree.nodes[$0].lines.lowerBound } == [1, 3, 7, 12, 16, 18, 20])
    #expect(tree.nodes.contains { $0.kind == .codeBlock(info: "swift", literal: "let x = 1\n") && $0.lines == 12...14 })
    #expect(tree.nodes[0].kind == .heading(level: 1) && tree.text(of: 0) == "Title with code")
    #expect(tree.children(of: 0).map { tree.nodes[$0].kind } == [.text("Title with "), .code("code")])
    let lists = tree.nodes.compactMap { if case .list(let list) = $0.kind { list } else { nil } }
    #expect(lists.map(\.isOrdered) == [true, false] && lists.map(\.isTight) == [true, false])
    #expect(lists.map(\.start) == [3, 0] && !lists[0].hasParenthesis)
    let image = try #require(tree.nodes.firstIndex { $0.kind == .image(url: "v", title: "") })
    #expect(tree.text(of: image) == "four" && tree.nodes[image].end == image + 2)
  }

  @Test func `Cells and inline expressions of a document are nodes of its tree`() {
    let (document, _) = parsed(
      "---\ntitle: t\n---\n`swift a` `b`\n\n```swift\nx\n```\n\n- ```swift\n  y\n  ```\n\n`swift c`\n")
    let parts = document.markdown.nodes.compactMap { node in node.part.map { ($0, node.kind) } }
    #expect(parts.map(\.0) == [.inline(1), .cell(1), .cell(2), .inline(2)])
    let cells = ["x\n", "y\n"].map { MarkdownTree.Kind.codeBlock(info: "swift", literal: $0) }
    #expect(parts.map(\.1) == [.code("swift a")] + cells + [.code("swift c")])
  }

  @Test func `Changing kinds leaves out nodes and what is inside of them`() {
    let tree = MarkdownTree(parsing: Array("a *b **c*** [d *e*](u) `f`\n".utf8))
    let changed = tree.mapped(0) { position in
      switch tree.nodes[position].kind {
      case .strong: nil
      case .link: .verbatim("<x>")
      case .code: .text("*")
      case let kind: kind
      }
    }
    #expect(changed.html(of: 0) == "<p>a <em>b </em> <x> *</p>\n")
    #expect(changed.text(of: 0) == "a b   *")
    #expect(changed.children(of: 0).map { changed.nodes[$0].kind }.contains(.verbatim("<x>")))
  }

  @Test(arguments: [("> ", "x"), ("- ", "x"), ("*a **b ", ""), ("![", "x"), ("[", "x](u)")])
  func `Deep nesting costs neither stack nor much time`(unit: String, end: String) {
    let tree = MarkdownTree(parsing: Array((String(repeating: unit, count: 20_000) + end).utf8))
    #expect(!tree.blocks.isEmpty)
    let copy = tree.mapped(0) { tree.nodes[$0].kind }
    #expect(copy == tree)
    #expect(!copy.html(of: 0).isEmpty && !copy.commonMark(of: 0, before: nil).isEmpty)
  }
}
