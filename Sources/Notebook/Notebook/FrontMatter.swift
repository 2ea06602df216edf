internal import Core

/// What the YAML between `---` lines at a notebook's start says about it.
package struct FrontMatter: Codable, Hashable, Sendable {
  package var title: String?
  package var subtitle: String?
  /// In the order given.
  package var authors: [String] = []
  /// As written, such as `2026-11-23`.
  package var date: String?
  /// Markdown.
  package var abstract: String?
  package var description: String?
  /// Where stages that draw random numbers start: at least 0, an `Int` in every cell.
  package var seed: Int?
  /// The BCP 47 tag of the prose's language, such as `sw`.
  package var language: String?
  /// In the order given; names distinct.
  package var parameters: [Parameter] = []

  /// The front matter of a notebook that has none.
  package init() {}

  static let keys = [
    "title", "subtitle", "authors", "date", "abstract", "description", "seed", "language", "parameters",
  ]

  static let expectedSeed = "a whole number from 0 to \(Int.max)"

  /// What every cell sees beside the values of other cells: the seed, if there is one, and the parameters.
  var constants: [(name: String, kind: Parameter.Kind)] {
    (seed == nil ? [] : [("seed", .integer)]) + parameters.map { ($0.name, $0.kind) }
  }

  /// The names of ``constants``.
  var constantNames: Set<String> { Set(constants.map(\.name)) }

  /// Reads the YAML text, whose first line is `firstLine` of the notebook.
  static func parse(_ yaml: String, file: String, firstLine: Int) -> (FrontMatter, [Diagnostic]) {
    var mapping = YAMLMapping(yaml, file: file, firstLine: firstLine, kind: "front matter key", known: keys)
    var result = FrontMatter()
    for (key, value, _) in mapping.entries {
      switch key {
      case "title": result.title = mapping.string(key, value)
      case "subtitle": result.subtitle = mapping.string(key, value)
      case "authors": result.authors = mapping.strings(key, value)
      case "date": result.date = mapping.string(key, value)
      case "abstract": result.abstract = mapping.string(key, value)
      case "description": result.description = mapping.string(key, value)
      case "language": result.language = mapping.string(key, value)
      case "parameters": result.parameters = mapping.parameters(key, value)
      default:
        result.seed = mapping.value(key, value, expected: Self.expectedSeed) { Int($0).flatMap { $0 < 0 ? nil : $0 } }
      }
    }
    return (result, mapping.diagnostics)
  }
}
