import ArtifactTypes
import Core
import Datasets
import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct FlagTests {
  private let folder = temporaryPath("flags")

  private func write(_ path: String, _ text: String) throws {
    let url = URL(fileURLWithPath: folder + "/" + path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  private func context() throws -> StageContext {
    let scratch = folder + "/" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    return StageContext(scratch: scratch, threads: 2)
  }

  private func stage() throws -> ReadFlags {
    for name in ["fr", "fj", "eu", "_wales", "brl"] { try write("flags/\(name).png", name) }
    try write(
      "supplemental.xml",
      """
      <supplementalData><territoryContainment>
      <group type="001" contains="150 009"/> <group type="001" contains="EU UN" status="grouping"/>
      <group type="150" contains="155"/><group type="155" contains="FR"/><group type="155" contains="DD" \
      status="deprecated"/>
      <group type="009" contains="054"/><group type="054" contains="FJ"/><group type="EU" contains="FR" \
      grouping="true"/>
      </territoryContainment></supplementalData>
      """)
    func locale(_ code: String, _ names: String) throws {
      try write(
        "main/\(code).xml",
        "<ldml><identity><language type=\"\(code)\"/><territory type=\"FR\"/></identity>"
          + "<localeDisplayNames><territories>"
          + names + "</territories></localeDisplayNames></ldml>")
    }
    try locale(
      "en",
      """
      <territory type="150">Europe</territory><territory type="009">Oceania</territory>
      <territory type="FR" alt="short">Fr</territory><territory type="FR">France</territory><territory \
      type="FJ">Fiji</territory>
      """)
    try locale("de", #"<territory type="FR">Frankreich</territory><territory type="FJ">↑↑↑</territory>"#)
    try locale("de_AT", #"<territory type="FR">Frankreich</territory>"#)
    try locale("xx", "")
    var stage = ReadFlags()
    stage.flags = InputFolder(folder + "/flags", suffixes: [".png"])
    stage.locales = InputFolder(folder + "/main", suffixes: [".xml"])
    stage.supplemental = InputFile(folder + "/supplemental.xml")
    return stage
  }

  @Test func `Countries have their names and continents in each language, and flags of no country are left out`()
    async throws
  {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let pairs = try await stage().run(context()).all()
    #expect(pairs.map(\.id) == ["flags/FJ", "flags/FR"])
    #expect(pairs.map(\.group) == ["Oceania", "Europe"])
    #expect(
      pairs[1].texts == [
        PairText("Frankreich", field: "name", language: "de"), PairText("France", field: "name", language: "en"),
        PairText("Europe", field: "continent", language: "en"),
      ])
    #expect(pairs[0].texts.map(\.text) == ["Fiji", "Oceania"])
    let german = try await stage().with(\.languages, ["de"]).run(context()).all()
    #expect(german.map(\.id) == ["flags/FR"] && german[0].group == "Europe" && german[0].texts.count == 1)
  }

  @Test func `A locale that is not there and files that say nothing are clear errors`() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let missing = await #expect(throws: OperationError.self) {
      _ = try await stage().with(\.languages, ["yy"]).run(context())
    }
    #expect(missing?.description.contains("“yy”") == true)
    let wrong = try stage()
    try write("supplemental.xml", "<supplementalData/>")
    await #expect(throws: OperationError.self) { _ = try await wrong.run(context()) }
  }

  private static let isInstalled =
    FileManager.default.fileExists(atPath: "/usr/share/iso-flags-png-320x240/fr.png")
    && FileManager.default.fileExists(atPath: "/usr/share/unicode/cldr/common/main/en.xml")

  @Test(.enabled(if: isInstalled))
  func `Debian's flags have names in more than 150 languages and lie on five continents`()
    async throws
  {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let pairs = try await ReadFlags().run(context()).all()
    #expect(pairs.count >= 245)
    #expect(Set(pairs.compactMap(\.group)) == ["Africa", "Americas", "Asia", "Europe", "Oceania"])
    let france = try #require(pairs.first { $0.id == "flags/FR" })
    #expect(Set(france.texts.compactMap(\.language)).count >= 150)
    #expect(france.text(in: "ja", field: "name") == "フランス" && france.text(in: "de", field: "continent") == "Europa")
    let pictures = try await RenderFlags(size: 16).run(context()).open()
    #expect(pairs.allSatisfy { pictures.position(of: $0.image) != nil })
  }
}
