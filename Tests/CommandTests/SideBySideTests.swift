import Core
import Foundation
import Testing

/// Stages that compute at the same time.
@Suite struct SideBySideTests {
  /// Two stages that each wait for the other to begin: one after the other, neither would end well.
  static let notebook = """
    ```swift
    import Foundation

    struct Meet: Stage {
      var name, other: String
      var folder: String

      func run(_ context: StageContext) async throws -> Bool {
        _ = FileManager.default.createFile(atPath: "\\(folder)/\\(name)", contents: nil)
        for _ in 0..<600 {
          if FileManager.default.fileExists(atPath: "\\(folder)/\\(other)") { return true }
          usleep(50_000)
        }
        return false
      }
    }
    async let one = Meet(name: "one", other: "two", folder: "FOLDER")()
    async let two = Meet(name: "two", other: "one", folder: "FOLDER")()
    let met = try await [one, two]
    "\\(met)"
    ```

    They met: `swift met.map(String.init).joined(separator: ", ")`.
    """

  @Test func `Stages of one cell run side by side`() throws {
    let place = try CommandWorkplace()
    try place.write("n.md", Self.notebook.replacing("FOLDER", with: place.root.path))
    let outcome = try place.colophon("run", "n.md", "--jobs", "2")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try place.read("Artifacts/n/report.md").contains("true, true"))
  }
}
