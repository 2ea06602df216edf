import Foundation
import Testing

/// NaN, infinities and −0, from a notebook to everything that shows or compares them.
@Suite struct UnboundedNumberTests {
  let place: CommandWorkplace

  init() throws { place = try CommandWorkplace() }

  private static let notebook = """
    ---
    parameters:
      bound: .inf
    ---

    ```swift
    struct Odd: Stage {
      var bound: Double
      var shift: Double
      func run(_ context: StageContext) async throws -> Table {
        context.measure("ratio", .nan, unit: "x")
        return Table(
          columns: [.init("x"), .init("y")],
          rows: [
            [.number(.nan), .interval(.nan, low: -.infinity, high: bound)], [.number(.infinity), .number(shift)],
            [.number(-0.0), .empty],
          ])
      }
    }
    ```

    ```swift
    let odd = try await Odd(bound: bound, shift: 1)()
    Table(columns: [.init("x")], rows: [[.number(.nan)], [.number(.infinity)], [.number(-0.0)]])
    ```

    ```swift
    odd
    ```

    The bound is `swift bound`.

    """

  @Test func `Numbers that are not finite are shown, kept, verified and compared`() throws {
    try place.write("n.md", Self.notebook)
    let run = try place.colophon("run", "n.md")
    #expect(run.status == 0, "\(run.errors)")
    let report = try place.read("Artifacts/n/report.md")
    for text in ["not a number", "∞", "−0", "−∞", "The bound is inf."] { #expect(report.contains(text), "\(text)") }
    #expect(!report.contains("not complete"), "\(report)")

    let again = try place.colophon("run", "n.md")
    #expect(again.status == 0 && CommandWorkplace.ran(again.errors).isEmpty, "\(again.errors)")
    #expect(try place.colophon("verify", "n.md").status == 0)

    // Another value of one cell: the others, NaN and −0 among them, are equal.
    try place.write("n.md", Self.notebook.replacingOccurrences(of: "shift: 1)", with: "shift: .nan)"))
    #expect(try place.colophon("run", "n.md").status == 0)
    for arguments in [["diff", "Odd@n~1", "Odd@n", "--json"], ["log", "n", "--json"], ["plan", "n.md", "--json"]] {
      let outcome = try place.colophon(arguments)
      #expect(outcome.status == 0, "\(arguments) \(outcome.errors)")
      #expect((try? JSONSerialization.jsonObject(with: Data(outcome.output.utf8))) != nil, "\(outcome.output)")
    }

    // A parameter that is not a number is a value like others.
    let set = try place.colophon("run", "n.md", "--set", "bound=nan")
    #expect(set.status == 0 && CommandWorkplace.ran(set.errors) == ["Odd"], "\(set.errors)")
  }
}
