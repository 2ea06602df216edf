import Core
import Differences
import Report
import Testing

/// The page of `colophon diff --html`.
@Suite struct DifferencePageTests {
  private func content(_ name: String, _ text: String) -> ArtifactContent {
    ArtifactContent(bytes: Array(text.utf8), name: name)
  }

  @Test func `Names and contents cannot become markup`() throws {
    let evil = "\"><script>alert(1)</script><img src=x onerror=alert(2)>"
    let difference = try Comparison.difference(
      of: content("a.txt", "x\n\(evil)\n"), new: content("a.txt", "x\n'\(evil)&\n"), format: "file/txt", name: evil)
    let page = DifferencePage(title: evil, differences: [difference, difference], notes: [evil]).page
    #expect(
      page.contains("default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'")
    )
    #expect(!page.contains("<script") && !page.contains("<img src=x") && page.contains("&lt;script&gt;"))
  }

  @Test func `Drawings are images that run nothing`() throws {
    let difference = try Comparison.difference(
      of: content("a.svg", "<svg><script>1</script></svg>"), new: content("a.svg", "<svg><script>2</script></svg>"),
      format: "file/svg", name: "drawing")
    let page = DifferencePage(title: "drawing", differences: [difference]).page
    #expect(
      page.contains("<img alt=\"before\" src=\"data:image/svg+xml;base64,") && page.contains("<img alt=\"after\""))
    #expect(!page.contains("<script"))
  }
}
