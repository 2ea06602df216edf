import ArtifactTypes
import Core
import Evaluation
import Foundation
import Testing
import Training

@Suite(.serialized) struct ZeroShotTests {
  @Test func `A class's embedding is the mean of its prompts' and synonyms' embeddings, brought to length 1`() throws {
    // Any text's embedding, of length 1, that depends on the text alone.
    func embedding(_ text: String) -> [Float] {
      let raw = (0..<5).map { i in
        Float(text.utf8.enumerated().reduce(0) { $0 + Int($1.element) * ($1.offset + i * i + 1) } % 97) - 40
      }
      let length = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return raw.map { $0 / length }
    }
    let texts = [["dog", "hound"], ["cat"], ["bird {}", "fowl", "wing"]]
    let templates = ["a photo of a {}.", "{}", "{} and {}"]
    var asked: [String] = []
    let rows = try ZeroShotClassification.classEmbeddings(texts, templates: templates, dimension: 5) { prompts in
      asked = prompts
      return prompts.flatMap(embedding)
    }
    #expect(Set(asked).isSuperset(of: ["a photo of a dog.", "hound", "cat and cat"]) && asked.count == 18)
    let naive: [[Float]] = texts.map { names in
      var sum = [Float](repeating: 0, count: 5)
      for name in names {
        for template in templates {
          let prompt = template.components(separatedBy: "{}").joined(separator: name)
          for (i, value) in embedding(prompt).enumerated() { sum[i] += value }
        }
      }
      let mean = sum.map { $0 / Float(names.count * templates.count) }
      let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return mean.map { $0 / length }
    }
    for (row, expected) in zip(stride(from: 0, to: 15, by: 5), naive) {
      for i in 0..<5 { #expect(abs(rows[row + i] - expected[i]) < 1e-6) }
    }
  }

  private func message(_ stage: ZeroShotClassification, _ world: EvaluationStageTests.World) async throws -> String {
    let error = await #expect(throws: OperationError.self) { _ = try await stage.run(world.context) }
    return error?.description ?? ""
  }

  @Test func `Labels of their own, a language's prompts, single items and bad input`() async throws {
    let world = try await EvaluationStageTests.World()
    defer { try? FileManager.default.removeItem(atPath: world.folder) }
    let plain = ZeroShotClassification(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, pictures: world.pictures, classes: world.pairs)

    let items = try await CollectOutcomes(of: plain).run(world.context).all()
    #expect(items.count == 11 && items.allSatisfy { $0.place == 0 && $0.item == $0.group })
    #expect(Set(items.map(\.candidates)) == [5, 6])

    // The picture of white counts as red too; no picture is blue.
    let labels = try PairsWriter(path: world.folder + "/labels.jsonl")
    for (id, classes) in [("a", "a"), ("b", "b"), ("f", "f a"), ("d", "d"), ("e", "e")] {
      for name in classes.split(separator: " ") {
        try labels.write(Pair(id: "\(id)-\(name)", image: id, texts: [], group: String(name)))
      }
    }
    let labelled = plain.with(\.labels, try labels.finish()).with(\.languages, ["en"])
    let table = try await labelled.run(world.context)
    #expect(table[column: "classes"] == [6] && table[column: "pictures"] == [5])
    #expect(table[column: "top-1"]?.first?.value == 1)
    #expect(abs((table[column: "chance"]?.first?.value ?? 0) - 6.0 / 30) < 1e-12)

    #expect(
      try await plain.with(\.languagePrompts, ["de": ["{}", "{}"]]).run(world.context)[column: "top-1"]?.compactMap(
        \.value) == [
          1, 1,
        ])
    #expect(try await message(plain.with(\.languagePrompts, ["de": []]), world).contains("(de)"))
    #expect(try await message(plain.with(\.prompts, ["a photo"]), world).contains("“a photo” has no {}"))
    #expect(try await message(plain.with(\.languages, ["fr"]), world).contains("languages: fr"))
    let one = try world.pairs.filterPairs(into: world.folder + "/one.jsonl") { $0.id == "a" }
    #expect(try await message(plain.with(\.classes, one), world).contains("two of the classes"))
    let foreign = try PairsWriter(path: world.folder + "/foreign.jsonl")
    try foreign.write(Pair(id: "x", image: "a", texts: [], group: "n001"))
    #expect(try await message(plain.with(\.labels, foreign.finish()), world).contains("“n001”"))
  }

  @Test func `Retrieval and multiple choice tell what came of each item`() async throws {
    let world = try await EvaluationStageTests.World()
    defer { try? FileManager.default.removeItem(atPath: world.folder) }
    let retrieval = Retrieval(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, pictures: world.pictures, captions: world.pairs)
    let found = try await SummarizeOutcomes(CollectOutcomes(of: retrieval).run(world.context)).run(world.context)
    #expect(
      found[column: "task"] == [
        "picture → text", "picture → text", "picture → text", "text → picture", "text → picture", "text → picture",
      ])
    #expect(found[column: "items"] == [5, 6, 11, 5, 6, 11])
    #expect(found[column: "at 1"]?.compactMap(\.value) == [1, 1, 1, 1, 1, 1])
    #expect(found[column: "per class"]?.allSatisfy { $0 == .empty } == true)

    func question(_ id: String, _ image: String, _ country: String, _ answer: Int, local: [String]?) -> ChoiceQuestion {
      ChoiceQuestion(
        id: id, image: image, language: "de", country: country, answer: answer,
        local: local.map { .init(question: "", options: $0) },
        english: .init(question: "", options: ["red", "green", "blue", "black"]))
    }
    let questions = [
      question("1", "a", "AT", 0, local: ["rot", "grün", "blau", "gelb"]),
      question("2", "b", "AT", 1, local: ["rot", "grün", "blau", "gelb"]),
      // Said to be red, which it is not: the model chooses otherwise.
      question("3", "c", "CH", 0, local: nil), question("4", "no picture", "CH", 0, local: nil),
    ]
    var choice = MultipleChoice(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, pictures: world.pictures,
      questions: try ChoiceQuestions(questions, path: world.folder + "/questions.jsonl"))
    choice.prompt = "{option}"
    #expect(try choice.questions.all() == questions)
    let table = try await choice.run(world.context)
    #expect(table[column: "wording"] == ["local", "english", "english", "english"])
    #expect(table[column: "country"] == ["AT", "AT", "CH", "all"])
    #expect(table[column: "questions"] == [2, 2, 1, 3])
    #expect(table[column: "accuracy"]?.compactMap(\.value) == [1, 1, 0, 2.0 / 3])
    #expect(table[column: "chance"]?.first?.value == 0.25)
    let items = try await CollectOutcomes(of: choice).run(world.context).all()
    #expect(items.map(\.task).count { $0 == "multiple choice, english" } == 3 && items.count == 5)

    func failure(_ questions: [ChoiceQuestion]) async throws -> String {
      let changed = choice.with(
        \.questions, try ChoiceQuestions(questions, path: world.folder + "/\(UUID().uuidString)"))
      let error = await #expect(throws: OperationError.self) { _ = try await changed.run(world.context) }
      return error?.description ?? ""
    }
    #expect(try await failure([questions[0], questions[0]]).contains("two questions have this id"))
    #expect(try await failure([questions[3]]).contains("“no picture”"))
    #expect(try await failure([question("5", "a", "AT", 0, local: ["rot"])]).contains("1 options"))
    await #expect(throws: OperationError.self) { _ = try await choice.with(\.prompt, "{question}").run(world.context) }
  }
}
