internal import ArtifactTypes
internal import Core
internal import FileFormats
internal import Imaging

/// The world's territories as CLDR knows them.
struct Territories: Sendable {
  /// The number of people who live in a territory, by its two-letter code.
  let populations: [String: Double]

  /// - Parameter file: CLDR's `supplementalData.xml`.
  init(_ file: InputFile) throws {
    var populations: [String: Double] = [:]
    try LocaleFile(path: file.path).forEachTag { tag in
      guard tag.name.is("territory"), let code = tag.attribute("type"), let population = tag.attribute("population")
      else { return }
      populations[code.text] = Double(population.text)
    }
    guard !populations.isEmpty else {
      throw OperationError(
        operation: "read CLDR", subject: file.path,
        cause: "it says of no territory how many people live there; is it supplementalData.xml?")
    }
    self.populations = populations
  }
}

extension Emoji {
  /// Regional indicators, two of which make a territory's flag: A is the first.
  private static let regionalIndicators: ClosedRange<UInt32> = 0x1F1E6...0x1F1FF

  /// The two-letter code of the territory whose flag this is; `nil` when it is not such a flag.
  var territory: String? {
    let letters = scalars.compactMap { scalar in
      Self.regionalIndicators.contains(scalar.value)
        ? Unicode.Scalar(scalar.value - Self.regionalIndicators.lowerBound + UInt32(UInt8(ascii: "A"))) : nil
    }
    return letters.count == 2 && scalars.count == 2 ? String(String.UnicodeScalarView(letters)) : nil
  }
}
