package import Core
internal import FileFormats

/// `languages.csv`: numbers that an artifact knows of each of its languages, so that opening it reads none of the others.
package struct LanguageTotals: Sendable {
  package static let name = "languages.csv"

  /// The names of the numbers.
  package let columns: [String]
  /// In the order of the codes.
  package private(set) var languages: [String] = []
  private var rows: [String: [Int]] = [:]

  package init(columns: [String]) { self.columns = columns }

  /// Reads the table of an artifact and checks that it has the languages of the artifact's files.
  /// - Throws: ``OperationError`` when it is missing, damaged or disagrees.
  package init(_ content: ArtifactContent, of artifact: String, columns: [String], languages expected: [String]) throws
  {
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

  /// A language's numbers in the order of ``columns``; zeros when it is not there.
  package subscript(language: String) -> [Int] {
    get { rows[language] ?? columns.map { _ in 0 } }
    set {
      if rows.updateValue(newValue, forKey: language) == nil {
        languages.insert(language, at: languages.firstIndex { language.precedes($0) } ?? languages.endIndex)
      }
    }
  }

  /// Writes the table.
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
