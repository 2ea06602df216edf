import Core
import Foundation
import Testing

/// Cells inside lists, quotations and `<details>`, through the command.
@Suite struct NestedCellRunTests {
  static let notebook = """
    # Nested

    1. Read the text:

       ```swift
       //| label: read
       struct Count: Stage {
         var text: String
         func run(_ context: StageContext) async throws -> Int { text.count * factor + offset }
       }
       let counted = try await Count(text: "four")()
       ```

       - It is `swift counted`.
       - > ```swift
         > if counted > 10 { "many" } else { "few" }
         > ```

    <details>

    ```swift
    let offset = 3
    var factor: Int { helper() }
    func helper() -> Int { 2 }
    offset
    ```

    </details>

    ```Swift
    shown
    ```

    """

  @Test func `They run, are shown in their place, come from the store and are verified`() throws {
    let place = try CommandWorkplace()
    try place.write("n.md", Self.notebook)
    let first = try place.colophon("run", "n.md")
    #expect(first.status == 0, "\(first.errors)")
    #expect(CommandWorkplace.ran(first.errors) == ["Count"])
    #expect(first.errors.contains("n.md:30:1: warning: this block is shown and not run"), "\(first.errors)")
    let report = try place.read("Artifacts/n/report.md")
    #expect(report.contains("It is 11.") && report.contains("> many\n"), "\(report)")
    #expect(!report.contains("//| label"))
    let page = try place.read("Artifacts/n/report.html")
    #expect(page.contains("<blockquote>\n<section class=\"cell\" id=\"cell-2\">"))

    let second = try place.colophon("run", "n.md")
    #expect(second.status == 0 && CommandWorkplace.ran(second.errors) == [])
    let verified = try place.colophon("verify", "n.md")
    #expect(verified.status == 0, "\(verified.output) \(verified.errors)")

    // The constant counts in the key; a trap is told at its line inside the quotation.
    let edited = Self.notebook.replacing("let offset = 3", with: "let offset = 4")
      .replacing(#"{ "many" }"#, with: "{ [counted][counted] }")
    try place.write("n.md", edited)
    let third = try place.colophon("run", "n.md")
    #expect(third.status == 1 && CommandWorkplace.ran(third.errors).contains("Count"), "\(third.errors)")
    #expect(third.errors.contains("n.md:16"), "\(third.errors)")
  }
}
