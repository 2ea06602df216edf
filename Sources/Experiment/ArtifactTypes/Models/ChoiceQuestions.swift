public import Core
internal import FileFormats

/// Questions about pictures, each with a few answers of which one is right, in a local language and in English.
///
/// One file, `questions.jsonl`, with a question on each line:
/// `{"id":"q1","image":"p1","language":"es","country":"Chile","answer":2,"local":{"question":"…","options":["…"]},
/// "english":{"question":"…","options":["…"]}}`; `local` or `english` may be missing. The pictures are in a
/// ``PictureSet``.
public struct ChoiceQuestions: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "choice-questions/1" }

  /// The artifact's files.
  public let content: ArtifactContent

  /// Opens questions without reading them.
  /// - Throws: ``OperationError`` when the content is not one file.
  public init(content: ArtifactContent) throws {
    _ = try content.onlyFile
    self.content = content
  }

  /// Writes questions.
  /// - Parameters:
  ///   - questions: questions with distinct ids; their order is part of the value.
  ///   - path: the file to write, from ``StageContext/file(_:)``.
  /// - Throws: ``OperationError`` when the file cannot be written.
  public init(_ questions: [ChoiceQuestion], path: String) throws {
    let file = try ArtifactFileWriter(path: path, name: "questions.jsonl")
    var line = JSONLine()
    for question in questions {
      line.removeAll()
      question.append(to: &line)
      try file.write(line.bytes)
    }
    try self.init(content: ArtifactContent(files: [file.finish()]))
  }

  /// All questions in order.
  /// - Throws: ``OperationError`` with the line that is not a question.
  public func all() throws -> [ChoiceQuestion] {
    let mapped = try MappedBytes(content.files[0])
    var questions: [ChoiceQuestion] = []
    try withExtendedLifetime(mapped) {
      try mapped.forEachLine { line in
        do {
          questions.append(try ChoiceQuestion(line: line))
        } catch let fault as JSONCursor.Fault {
          throw OperationError(
            operation: "read questions", subject: "\(content.files[0].name), line \(questions.count + 1)",
            cause: fault.description)
        }
      }
    }
    return questions
  }
}

/// A question about a picture with a few answers, of which one is right.
public struct ChoiceQuestion: Hashable, Sendable {
  /// A question and its answers in one language.
  public struct Wording: Hashable, Sendable {
    /// The question.
    public var question: String
    /// The answers to choose from.
    public var options: [String]

    /// A question with its answers.
    public init(question: String, options: [String]) {
      self.question = question
      self.options = options
    }
  }

  /// The question's name, unique in its ``ChoiceQuestions``.
  public var id: String
  /// The picture's id in a ``PictureSet``.
  public var image: String
  /// The local language, as its source writes it.
  public var language: String
  /// The country of the picture; empty when it is unknown.
  public var country: String
  /// The position of the right answer among the options, from 0.
  public var answer: Int
  /// The wording in the local language.
  public var local: Wording?
  /// The wording in English.
  public var english: Wording?

  /// A question with these values.
  public init(
    id: String, image: String, language: String, country: String, answer: Int, local: Wording?, english: Wording?
  ) {
    self.id = id
    self.image = image
    self.language = language
    self.country = country
    self.answer = answer
    self.local = local
    self.english = english
  }

  fileprivate init(line: UnsafeRawBufferPointer) throws {
    var cursor = JSONCursor(line)
    self.init(id: "", image: "", language: "", country: "", answer: -1, local: nil, english: nil)

    try cursor.beginObject()
    while let key = try cursor.nextKey() {
      switch key {
      case "id": id = try cursor.string()
      case "image": image = try cursor.string()
      case "language": language = try cursor.string()
      case "country": country = try cursor.string()
      case "answer": answer = try cursor.integer()
      case "local": local = try Wording(&cursor)
      case "english": english = try Wording(&cursor)
      default: try cursor.skip()
      }
    }
    try cursor.end()

    guard !id.isEmpty, !image.isEmpty, answer >= 0 else {
      throw JSONCursor.Fault(description: "a question needs “id”, “image” and “answer”")
    }
    guard [local, english].allSatisfy({ ($0?.options.count ?? answer + 1) > answer }) else {
      throw JSONCursor.Fault(description: "answer \(answer) is not among the options")
    }
  }

  fileprivate func append(to line: inout JSONLine) {
    line.raw(#"{"id":"#)
    line.string(id)
    line.raw(#","image":"#)
    line.string(image)
    line.raw(#","language":"#)
    line.string(language)
    line.raw(#","country":"#)
    line.string(country)
    line.raw(#","answer":"#)
    line.integer(answer)

    if let local {
      line.raw(#","local":"#)
      local.append(to: &line)
    }
    if let english {
      line.raw(#","english":"#)
      english.append(to: &line)
    }
    line.raw("}\n")
  }
}

extension ChoiceQuestion.Wording {
  fileprivate init(_ cursor: inout JSONCursor) throws {
    self.init(question: "", options: [])
    try cursor.beginObject()
    while let key = try cursor.nextKey() {
      switch key {
      case "question": question = try cursor.string()
      case "options":
        try cursor.beginArray()
        while try cursor.nextElement() { options.append(try cursor.string()) }
      default: try cursor.skip()
      }
    }
  }

  fileprivate func append(to line: inout JSONLine) {
    line.raw(#"{"question":"#)
    line.string(question)
    line.raw(#","options":["#)
    for (position, option) in options.enumerated() {
      if position > 0 { line.raw(",") }
      line.string(option)
    }
    line.raw("]}")
  }
}
