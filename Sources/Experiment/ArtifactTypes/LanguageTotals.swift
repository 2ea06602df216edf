package import Core
internal import FileFormats

/// `languages.csv`: a few numbers for each language of an artifact, so that opening it reads no language.
package struct LanguageTotals: Sendable {
  /// The name of the file.
  package static let name = "languages.csv"

  /// The names of the numbers.
  package let columns: [String]
  /// The codes of the languages, in the order of their UTF-8 bytes.
  package private(set) var languages: [String] = []
  private var rows: [String: [Int]] = [:]

  /// A table without a language.
  package init(columns: [String]) { self.columns = columns }

  /// Reads the table of an artifact and checks that it has the languages of the artifact's files.
  /// - Parameters:
  ///   - content: the artifact's files.
  ///   - artifact: the name of its kind in errors.
  ///   - columns: the names of the numbers.
  ///   - expected: the codes of the languages that have files, in order.
  /// - Throws: ``OperationError`` when the table is missing or damaged, or has other languages.
  package init(
    _ content: ArtifactContent, of artifact: String, columns: [String], languages expected: [String]
  ) throws {
    func fault(_ cause: String) -> OperationError {
      OperationError(operation: "open \(artifact)", subject: Self.name, cause: cause)
    }

    self.init(columns: columns)
    guard let file = content[Self.name] else { throw fault("the file is not there") }
    var lines = String(decoding: try file.bytes(), as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    let header = header
    guard lines.first.map({ $0 == header }) ?? false, lines.popLast()?.isEmpty ?? false else {
      throw fault("the first line is not “\(header)”, or the last one has no end")
    }

    for line in lines.dropFirst() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      let numbers = cells.dropFirst().compactMap { Int($0) }
      guard numbers.count == columns.count, cells.count == columns.count + 1, numbers.allSatisfy({ $0 >= 0 }) else {
        throw fault("“\(line)” is not \(header)")
      }
      self[String(cells[0])] = numbers
    }

    guard languages == expected else {
      let different = Set(languages).symmetricDifference(expected).sorted()
      throw fault("it and the files disagree on the languages \(different.joined(separator: ", "))")
    }
  }

  /// A language's numbers in the order of ``columns``; zeros for a language that is not in the table.
  package subscript(language: String) -> [Int] {
    get { rows[language] ?? columns.map { _ in 0 } }
    set {
      if rows.updateValue(newValue, forKey: language) == nil {
        languages.insert(language, at: languages.firstIndex { language.precedes($0) } ?? languages.endIndex)
      }
    }
  }

  /// Writes the table into a file.
  package func write(folder: String) throws -> ContentFile {
    let file = try ArtifactFileWriter(path: "\(folder)/\(Self.name)", name: Self.name)
    try file.write(Array("\(header)\n".utf8))
    for language in languages {
      try file.write(Array("\(language),\(self[language].map(String.init).joined(separator: ","))\n".utf8))
    }
    return try file.finish()
  }

  private var header: String { (["language"] + columns).joined(separator: ",") }
}
