internal import ArtifactTypes
internal import Core
internal import FileFormats
internal import Imaging

/// Which continent each territory lies on, as the United Nations' statistics divide the world.
struct Continents: Sendable {
  /// The world's code.
  private static let world = "001"

  /// The continents' codes, such as `150` for Europe.
  let codes: [String]
  /// A territory's continent, by the territory's two-letter code.
  let continentOf: [String: String]

  /// - Parameter file: CLDR's `supplementalData.xml`; its `territoryContainment` counts.
  init(_ file: InputFile) throws {
    let mapped = try MappedBytes(path: file.path)
    let parts = withExtendedLifetime(mapped) { Self.parts(mapped.bytes) }
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
        if region.utf8.allSatisfy({ (65...90).contains($0) }) { found[region] = continent }
        pending += parts[region] ?? []
      }
    }
    self.codes = codes
    continentOf = found
  }

  /// What each region is divided into; unions of countries, other groupings and former states left out.
  private static func parts(_ bytes: UnsafeRawBufferPointer) -> [String: [String]] {
    var reader = MarkupReader(bytes)
    var parts: [String: [String]] = [:]
    var isInside = false
    while let event = reader.next() {
      switch event {
      case .start(let tag, _):
        if tag.name.is("territoryContainment") { isInside = true }
        guard isInside, tag.name.is("group"), tag.attribute("status") == nil, tag.attribute("grouping") == nil,
          let region = tag.attribute("type"), let contains = tag.attribute("contains")
        else { continue }
        parts[region.text, default: []] += contains.text.split(separator: " ").map(String.init)
      case .end(let name): if name.is("territoryContainment") { return parts }
      case .text: continue
      }
    }
    return parts
  }
}
