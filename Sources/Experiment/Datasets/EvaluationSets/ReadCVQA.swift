public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads questions about pictures in the form of CVQA: culturally diverse, in the language of the place and in English.
///
/// JSON Lines, compressed or not, with the data set's own fields: `ID`, `Subset` (`('Spanish', 'Chile')`),
/// `Question`, `Options`, `Translated Question`, `Translated Options`, `Label` (the right option's position, from 0).
/// The picture's id is the file's path in the pictures' folder without its ending: `image`, a text or an object with
/// a `path`, or else the question's ID. Records that cannot be used are left out, counted by kind and noted. The
/// pictures come from ``RenderPictures``. Source: Romero and others, “CVQA: Culturally-diverse Multilingual Visual
/// Question Answering Benchmark”, arXiv 2406.05967.
public struct ReadCVQA: Stage {
  /// The file with the questions.
  public var file: InputFile

  /// Reads one file.
  /// - Parameter file: such as `questions.jsonl`.
  public init(file: InputFile) { self.file = file }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Fields as they were found.
  private struct Fields {
    var id: String?
    var image: String?
    var subset: String?
    var question: String?
    var options: [String]?
    var englishQuestion: String?
    var englishOptions: [String]?
    var label: Int?
  }

  /// The reason why a record cannot be used, as the words after a number.
  private struct Unusable: Error { let kind: String }

  /// Reads the questions in the order of the file; of several with one ID the first.
  /// - Throws: ``OperationError`` when the file cannot be read or no record can be used.
  public func run(_ context: StageContext) async throws -> ChoiceQuestions {
    let reader = try LineReader(path: file.path)
    var questions: [ChoiceQuestion] = []
    var seen: Set<String> = []
    var faults = FaultCounts(examples: 5)
    try reader.forEachRecord(faults: &faults) { line, faults in
      do {
        let question = try Self.question(Self.read(line.bytes))
        if seen.insert(question.id).inserted {
          questions.append(question)
        } else {
          faults.add("records have an ID that was there before", question.id)
        }
      } catch let fault as Unusable {
        faults.add(fault.kind, "line \(line.number)")
      }
    }

    try faults.check(kept: questions.count, operation: "read CVQA", subject: file.path)
    faults.note(in: context)
    return try ChoiceQuestions(questions, path: context.file("questions.jsonl"))
  }

  /// - Throws: ``Unusable``.
  private static func question(_ fields: Fields) throws -> ChoiceQuestion {
    guard let id = fields.id, !id.isEmpty else { throw Unusable(kind: "records have no “ID”") }
    guard let label = fields.label else { throw Unusable(kind: "records have no “Label”") }
    let local = wording(fields.question, fields.options)
    let english = wording(fields.englishQuestion, fields.englishOptions)
    let counts = [local, english].compactMap { $0?.options.count }
    guard !counts.isEmpty else { throw Unusable(kind: "records have no question with options") }
    guard label >= 0, counts.allSatisfy({ label < $0 }) else {
      throw Unusable(kind: "records have a “Label” that is not among the options")
    }

    let (language, country) = subset(fields.subset ?? "")
    let image = fields.image.map(FolderPath.stem) ?? id
    return ChoiceQuestion(
      id: id, image: image.isEmpty ? id : image, language: language, country: country, answer: label, local: local,
      english: english)
  }

  private static func wording(_ question: String?, _ options: [String]?) -> ChoiceQuestion.Wording? {
    guard let question, let options, !options.isEmpty else { return nil }
    return ChoiceQuestion.Wording(question: question, options: options)
  }

  /// Language and country of `('Spanish', 'Chile')`; other texts are a language.
  private static func subset(_ text: String) -> (language: String, country: String) {
    let parts = text.split(separator: ",", maxSplits: 1).map { part in
      String(part).stripped.trimming { "()'\"".contains($0) }
    }
    return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
  }

  private static func read(_ bytes: UnsafeRawBufferPointer) throws -> Fields {
    var fields = Fields()
    var cursor = JSONCursor(bytes)

    try cursor.beginObject()
    while let key = try cursor.nextKey() {
      switch key {
      case "ID": fields.id = try cursor.optionalString()
      case "Subset": fields.subset = try cursor.optionalString()
      case "Question": fields.question = try cursor.optionalString()
      case "Options": fields.options = try strings(&cursor)
      case "Translated Question": fields.englishQuestion = try cursor.optionalString()
      case "Translated Options": fields.englishOptions = try strings(&cursor)
      case "Label": fields.label = try cursor.skipNull() ? nil : try cursor.integer()
      case "image": fields.image = try image(&cursor)
      default: try cursor.skip()
      }
    }
    try cursor.end()
    return fields
  }

  private static func strings(_ cursor: inout JSONCursor) throws -> [String]? {
    if try cursor.skipNull() { return nil }
    var strings: [String] = []
    try cursor.beginArray()
    while try cursor.nextElement() { strings.append(try cursor.string()) }
    return strings
  }

  /// A text, or the `path` of an object.
  private static func image(_ cursor: inout JSONCursor) throws -> String? {
    if try cursor.skipNull() { return nil }
    var object = cursor
    guard (try? object.beginObject()) != nil else { return try cursor.string() }
    cursor = object
    var path: String?
    while let key = try cursor.nextKey() {
      switch key {
      case "path": path = try cursor.optionalString()
      default: try cursor.skip()
      }
    }
    return path
  }
}

extension String {
  /// The text without the characters at both ends that a condition holds for.
  fileprivate func trimming(_ isTrimmed: (Character) -> Bool) -> String {
    var rest = self[...]
    while let first = rest.first, isTrimmed(first) { rest = rest.dropFirst() }
    while let last = rest.last, isTrimmed(last) { rest = rest.dropLast() }
    return String(rest)
  }
}
