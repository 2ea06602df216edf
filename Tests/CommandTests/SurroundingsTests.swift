import Foundation
import Testing

/// The environment of the notebook's process.
@Suite struct SurroundingsTests {
  let place: CommandWorkplace

  init() throws { place = try CommandWorkplace() }

  @Test func `Idle workers of OpenMP do not spin unless the user says so`() throws {
    try place.write("n.md", FaultTests.cell("ProcessInfo.processInfo.environment[\"GOMP_SPINCOUNT\"] ?? \"default\""))
    func spinCount(_ environment: [String: String]) throws -> String {
      #expect(try place.colophon("run", "n.md", environment: environment).status == 0)
      return try place.read("Artifacts/n/report.md")
    }
    #expect(try spinCount([:]).contains("\n1000\n"))
    #expect(try spinCount(["GOMP_SPINCOUNT": "77"]).contains("\n77\n"))
    #expect(try spinCount(["OMP_WAIT_POLICY": "active"]).contains("\ndefault\n"))
  }
}
