internal import ArtifactTypes
internal import Core
internal import FileFormats
internal import Imaging

/// The continent of each territory, as the United Nations' statistics divide the world.
struct Continents: Sendable {
  /// The world's code.
  private static let world = "001"

  /// The continents' codes, such as `150` for Europe.
  let codes: [String]
  /// A territory's continent, by the territory's two-letter code.
  let continentOf: [String: String]

  /// - Parameter file: CLDR's `supplementalData.xml`; its `territoryContainment` counts.
  init(_ file: InputFile) throws {
    let parts = Self.parts(try LocaleFile(path: file.path))
    guard let codes = parts[Self.world], !codes.isEmpty else {
      throw OperationError(
        operation: "read CLDR", subject: file.path,
        cause: "it does not say what the world consists of; is it supplementalData.xml?")
    }

    var found: [String: String] = [:]
    for continent in codes {
      var pending = [continent]
      var seen: Set<String> = []
      while let region = pending.popLast() {
        guard seen.insert(region).inserted else { continue }
        // Territories have letters, groups of territories have digits.
        if region.utf8.allSatisfy(\.isASCIIUppercase) { found[region] = continent }
        pending += parts[region] ?? []
      }
    }
    self.codes = codes
    continentOf = found
  }

  /// The parts of each region; unions of countries, other groupings and former states are left out.
  private static func parts(_ file: LocaleFile) -> [String: [String]] {
    var parts: [String: [String]] = [:]
    file.forEachTag(inside: "territoryContainment") { tag in
      guard tag.name.is("group"), tag.attribute("status") == nil, tag.attribute("grouping") == nil,
        let region = tag.attribute("type"), let contains = tag.attribute("contains")
      else { return }
      parts[region.text, default: []] += contains.text.split(separator: " ").map(String.init)
    }
    return parts
  }
}
