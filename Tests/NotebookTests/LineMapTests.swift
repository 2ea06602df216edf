import Notebook
import Testing

@Suite struct LineMapTests {
  let map = LineMap(
    parsed("---\ntitle: t\n---\n\nprose `swift a`\n\n  ```swift\n  //| label: x\n  let a = 1\n let b = 2\n  ```\n").0)

  @Test(arguments: [
    ("cell-1", 1, 1, 7, 1), ("cell-1", 3, 5, 9, 7), ("cell-1", 4, 5, 10, 6), ("cell-1", 99, 1, 11, 1),
    ("inline-1", 2, 1, 5, 14),
    ("Main/cell-1", 3, 1, 9, 3),
  ])
  func `Lines and columns lead back to Markdown`(file: String, line: Int, column: Int, toLine: Int, toColumn: Int)
    throws
  {
    let found = try #require(map.locate(cell: file, line: line, column: column))
    #expect(found == (toLine, toColumn))
  }

  @Test func `Unknown parts have no place`() {
    #expect(map.locate(cell: "cell-2", line: 1) == nil)
    #expect(map.locate(cell: "main.swift", line: 1) == nil)
  }

  @Test(arguments: [
    ("Main/cell-1:3: Fatal error: no", "n.md:9: Fatal error: no"),
    ("at /tmp/x y/build/cell-1:3:5", "at /tmp/x n.md:9:7"),
    ("closure #1 in main at /tmp/a/cell-1:4:1\n  inline-1:2:1", "closure #1 in main at n.md:10:2\n  n.md:5:14"),
    ("supercell-1:3 cell-9:3 cell-1 cell-x:3", "supercell-1:3 cell-9:3 cell-1 cell-x:3"),
    ("العدد cell-1:3", "العدد n.md:9"), ("", ""),
  ])
  func `Places in any text are rewritten`(text: String, rewritten: String) {
    #expect(map.rewrite(text: text) == rewritten)
  }
}
