internal import ArtifactTypes
internal import Core
internal import FileFormats
internal import Imaging

/// The world's territories as CLDR knows them.
struct Territories: Sendable {
  /// How many people live in a territory, by its two-letter code.
  let populations: [String: Double]

  /// - Parameter file: CLDR's `supplementalData.xml`.
  init(_ file: InputFile) throws {
    let bytes = try MappedBytes(path: file.path)
    var reader = MarkupReader(bytes.bytes)
    var populations: [String: Double] = [:]
    while let event = reader.next() {
      guard case .start(let tag, _) = event, tag.name.is("territory"), let code = tag.attribute("type"),
        let population = tag.attribute("population")
      else { continue }
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
  /// The two-letter code of the territory whose flag this is; `nil` when it is no such flag.
  var territory: String? {
    let letters = scalars.compactMap { scalar in
      (0x1F1E6...0x1F1FF).contains(scalar.value) ? Unicode.Scalar(scalar.value - 0x1F1E6 + 65) : nil
    }
    return letters.count == 2 && scalars.count == 2 ? String(String.UnicodeScalarView(letters)) : nil
  }
}
