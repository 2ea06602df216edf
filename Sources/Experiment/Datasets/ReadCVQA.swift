public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads questions about pictures in the form of CVQA: culturally diverse, in the language of the place and in English.
///
/// JSON Lines, plain or packed, with the data set's own fields: `ID`, `Subset` (`('Spanish', 'Chile')`), `Question`, `Options`,
/// `Translated Question`, `Translated Options`, `Label` (the right option's place, from 0); the picture's id, the file's path in the
/// pictures' folder without its ending, is `image`, a text or an object with a `path`, or else the question's ID. Records that cannot be
/// used are left out, counted by kind and noted. The pictures come from ``RenderPictures``. Source: Romero and others, “CVQA:
/// Culturally-diverse Multilingual Visual Question Answering Benchmark”, arXiv 2406.05967.
public struct ReadCVQA: Stage {
  public var file: InputFile

  /// - Parameter file: such as `questions.jsonl`.
  public init(file: InputFile) { self.file = file }

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

  public func run(_ context: StageContext) async throws -> ChoiceQuestions {
    let reader = try LineReader(path: file.path)
    var questions: [ChoiceQuestion] = []
    var seen: Set<String> = []
    var faults = FaultCounts(examples: 5)
    while let line = try reader.next() {
      try Task.checkCancellation()
      if line.isTooLong {
        faults.add("lines are too long", "line \(line.number)")
        continue
      }
      if line.bytes.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { continue }
      let fields: Fields
      do {
        fields = try Self.read(line.bytes)
      } catch let fault as JSONCursor.Fault {
        faults.add("records cannot be read", "line \(line.number): \(fault.description)")
        continue
      }
      switch Self.question(fields) {
      case .failure(let fault): faults.add(fault.kind, "line \(line.number)")
      case .success(let question):
        if seen.insert(question.id).inserted {
          questions.append(question)
        } else {
          faults.add("records have an ID that was there before", question.id)
        }
      }
    }
    try faults.check(kept: questions.count, operation: "read CVQA", subject: file.path)
    faults.note(in: context)
    return try ChoiceQuestions(questions, path: context.file("questions.jsonl"))
  }

  /// What is wrong with a record, as the words after a number.
  private struct Unusable: Error { let kind: String }

  private static func question(_ fields: Fields) -> Result<ChoiceQuestion, Unusable> {
    guard let id = fields.id, !id.isEmpty else { return .failure(Unusable(kind: "records have no “ID”")) }
    guard let label = fields.label else { return .failure(Unusable(kind: "records have no “Label”")) }
    func wording(_ question: String?, _ options: [String]?) -> ChoiceQuestion.Wording? {
      guard let question, let options, !options.isEmpty else { return nil }
      return ChoiceQuestion.Wording(question: question, options: options)
    }
    let local = wording(fields.question, fields.options)
    let english = wording(fields.englishQuestion, fields.englishOptions)
    let counts = [local, english].compactMap { $0?.options.count }
    guard !counts.isEmpty else { return .failure(Unusable(kind: "records have no question with options")) }
    guard label >= 0, counts.allSatisfy({ label < $0 }) else {
      return .failure(Unusable(kind: "records have a “Label” that is not among the options"))
    }
    let (language, country) = subset(fields.subset ?? "")
    let image = fields.image.map(FolderPath.stem) ?? id
    return .success(
      ChoiceQuestion(
        id: id, image: image.isEmpty ? id : image, language: language, country: country, answer: label, local: local,
        english: english))
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
      case "ID": fields.id = try string(&cursor)
      case "Subset": fields.subset = try string(&cursor)
      case "Question": fields.question = try string(&cursor)
      case "Options": fields.options = try strings(&cursor)
      case "Translated Question": fields.englishQuestion = try string(&cursor)
      case "Translated Options": fields.englishOptions = try strings(&cursor)
      case "Label": fields.label = try cursor.skipNull() ? nil : try cursor.integer()
      case "image": fields.image = try image(&cursor)
      default: try cursor.skip()
      }
    }
    try cursor.end()
    return fields
  }

  private static func string(_ cursor: inout JSONCursor) throws -> String? {
    try cursor.skipNull() ? nil : try cursor.string()
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
      case "path": path = try string(&cursor)
      default: try cursor.skip()
      }
    }
    return path
  }
}

extension String {
  /// Without the characters at both ends that a condition holds for.
  fileprivate func trimming(_ isTrimmed: (Character) -> Bool) -> String {
    var rest = self[...]
    while let first = rest.first, isTrimmed(first) { rest = rest.dropFirst() }
    while let last = rest.last, isTrimmed(last) { rest = rest.dropLast() }
    return String(rest)
  }
}
