internal import Core
internal import Yams

/// The properties of a notebook: the YAML between `---` lines at its beginning.
package struct FrontMatter: Codable, Hashable, Sendable {
  /// The title as plain text; `nil` makes a first-level heading at the beginning of the prose the title.
  package var title: String?
  /// A line under the title, as plain text.
  package var subtitle: String?
  /// The authors' names, in the order given.
  package var authors: [String] = []
  /// The date as written, such as `2026-11-23`.
  package var date: String?
  /// The abstract, in Markdown.
  package var abstract: String?
  /// A sentence for search engines, as plain text.
  package var description: String?
  /// The seed of stages that draw random numbers: at least 0, an `Int` in every cell.
  package var seed: Int?
  /// The BCP 47 tag of the prose's language, such as `sw`.
  package var language: String?
  /// The parameters in the order given; no two have the same name.
  package var parameters: [Parameter] = []
  /// The names of environment variables that pass from the user's environment to the program, and count in keys.
  package var environment: [String] = []
  /// The names of environment variables that pass too, and whose values are kept nowhere.
  package var secrets: [String] = []

  /// The front matter of a notebook that has none.
  package init() {}

  /// The keys of the YAML.
  static let keys = [
    "title", "subtitle", "authors", "date", "abstract", "description", "seed", "language", "parameters", "environment",
    "secrets",
  ]

  /// The values that a seed can have, in words.
  static let expectedSeed = "a whole number from 0 to \(Int.max)"

  /// The constants that every cell sees: the seed, if there is one, and the parameters.
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
      case "environment": result.environment = mapping.variables(key, value)
      case "secrets": result.secrets = mapping.variables(key, value)
      default:
        result.seed = mapping.value(key, value, expected: Self.expectedSeed) { Int($0).flatMap { $0 < 0 ? nil : $0 } }
      }
    }
    for name in result.secrets where result.environment.contains(name) {
      let place = mapping.entries.first { $0.key == "secrets" }?.at ?? .init(line: firstLine, column: 1)
      mapping.report("“\(name)” cannot be a secret and count in keys: name it in one of the two lists", at: place)
    }
    return (result, mapping.diagnostics)
  }
}

extension YAMLMapping {
  /// The names of environment variables, each once, with a diagnostic for each text that cannot be one.
  mutating func variables(_ key: String, _ node: Node) -> [String] {
    var names: [String] = []
    for name in strings(key, node) where !names.contains(name) {
      if let fault = Self.fault(ofVariable: name) {
        report(fault, at: entries.first { $0.key == key }?.at ?? Place(line: 1, column: 1))
      } else {
        names.append(name)
      }
    }
    return names
  }

  private static func fault(ofVariable name: String) -> String? {
    if name.hasPrefix("COLOPHON_") || name.hasPrefix("SWIFT_BACKTRACE") {
      return "“\(name)” is a variable of Colophon's own: a notebook cannot have it"
    }
    let isName = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    guard name.isEmpty || !isName || name.first?.isNumber == true else { return nil }
    return "“\(name)” is not the name of an environment variable: use letters, digits and “_”, such as `DATA_VERSION`"
  }
}
