import ArtifactTypes
import Core
import Evaluation
import Foundation
import Imaging
import Synchronization
import Tensor
import Testing
import Training

/// Evaluation of encoded pictures, and of what is broken: pictures, checkpoints, texts and settings.
@Suite(.serialized) struct EncodedEvaluationTests {
  private typealias World = EvaluationStageTests.World

  /// The world's pictures as PNG of 12 × 10 pixels, some of them cut off.
  private func folder(_ world: World, broken: Set<String> = []) throws -> String {
    let path = "\(world.folder)/\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let vips = try Vips()
    for name in EvaluationStageTests.names {
      let pixels: [UInt8] = (0..<120).flatMap { _ in name.rgb + [255] }
      let bytes = try pixels.withUnsafeBufferPointer { try vips.png($0, width: 12, height: 10) }
      try Data(broken.contains(name.id) ? Array(bytes.prefix(40)) : bytes)
        .write(to: URL(fileURLWithPath: "\(path)/\(name.id).png"))
    }
    return path
  }

  /// The files of a folder in a shard made by tar itself.
  private func shard(_ world: World, of source: String) throws -> String {
    let path = source + "-shards"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = ["tar", "-C", source, "-cf", "\(path)/0.tar"] + EvaluationStageTests.names.map { $0.id + ".png" }
    try tar.run()
    tar.waitUntilExit()
    #expect(tar.terminationStatus == 0)
    return path
  }

  /// The world's set without some pictures.
  private func set(_ world: World, without left: Set<String>) throws -> PictureSet {
    let path = "\(world.folder)/\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let names = EvaluationStageTests.names.filter { !left.contains($0.id) }
    let writer = try PictureSetWriter(folder: path, count: names.count, width: 8, height: 8)
    for name in names { try writer.write(id: name.id, pixels: (0..<64).flatMap { _ in name.rgb + [255] }) }
    return try writer.finish()
  }

  private func run<S: Stage>(_ stage: S, _ world: World) async throws -> (output: S.Output, notes: [String]) {
    let notes = Mutex<[String]>([])
    let scratch = "\(world.folder)/\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    let output = try await stage.run(
      StageContext(scratch: scratch, threads: 1) { report in
        if case .note(let text) = report { notes.withLock { $0.append(text) } }
      })
    return (output, notes.withLock { $0 })
  }

  private func message<S: Stage>(_ stage: S, _ world: World) async throws -> String {
    let error = await #expect(throws: (any Error).self) { _ = try await run(stage, world) }
    return error.map { "\($0)" } ?? ""
  }

  private func questions(_ world: World) throws -> ChoiceQuestions {
    try ChoiceQuestions(
      EvaluationStageTests.names.enumerated().map { number, name in
        ChoiceQuestion(
          id: "q\(number)", image: name.id, language: "de", country: "AT", answer: number, local: nil,
          english: .init(question: "", options: EvaluationStageTests.names.map(\.english)))
      }, path: "\(world.folder)/\(UUID().uuidString)")
  }

  @Test func `A broken picture is noted, and everything else comes out as of a set without it`() async throws {
    let world = try await World()
    defer { try? FileManager.default.removeItem(atPath: world.folder) }
    let (checkpoint, tokenizer) = (world.checkpoint, world.tokenizer)
    let files = try folder(world, broken: ["c"])
    let set = try set(world, without: ["c"])
    for path in [files, try shard(world, of: files)] {
      func same<S: Stage>(_ encoded: S, _ pixels: S, _ others: [String]) async throws where S.Output == Table {
        let (one, other) = (try await run(encoded, world), try await run(pixels, world))
        #expect(one.output.rows.count == other.output.rows.count && one.output.rows.count > 0)
        for (row, expected) in zip(one.output.rows, other.output.rows) {
          for (cell, wanted) in zip(row, expected) {
            if let value = cell.value, let number = wanted.value {
              #expect(abs(value - number) < 1e-4)
            } else {
              #expect(cell == wanted)
            }
          }
        }
        #expect(one.notes.count == 1 + others.count, "\(one.notes)")
        #expect(
          one.notes.first?.hasPrefix("1 pictures cannot be decoded") == true && one.notes.first?.contains("c (") == true
        )
        #expect(Array(one.notes.dropFirst()) == others && other.notes == others)
      }
      try await same(
        ZeroShotClassification(checkpoint: checkpoint, tokenizer: tokenizer, folder: path, classes: world.pairs),
        ZeroShotClassification(checkpoint: checkpoint, tokenizer: tokenizer, pictures: set, classes: world.pairs), [])
      try await same(
        Retrieval(checkpoint: checkpoint, tokenizer: tokenizer, folder: path, captions: world.pairs),
        Retrieval(checkpoint: checkpoint, tokenizer: tokenizer, pictures: set, captions: world.pairs), [])
      try await same(
        AlignmentUniformity(checkpoint: checkpoint, tokenizer: tokenizer, folder: path, captions: world.pairs),
        AlignmentUniformity(checkpoint: checkpoint, tokenizer: tokenizer, pictures: set, captions: world.pairs), [])
      try await same(
        MultipleChoice(checkpoint: checkpoint, tokenizer: tokenizer, folder: path, questions: questions(world))
          .with(\.prompt, "{option}"),
        MultipleChoice(checkpoint: checkpoint, tokenizer: tokenizer, pictures: set, questions: questions(world))
          .with(\.prompt, "{option}"), ["1 of 6 questions have no picture and are left out"])
    }
    let items = CollectOutcomes(
      of: ZeroShotClassification(checkpoint: checkpoint, tokenizer: tokenizer, folder: files, classes: world.pairs))
    #expect(Set(try await run(items, world).output.all().map(\.item)) == ["a", "b", "d", "e", "f"])
  }

  @Test func `Only broken pictures, no pictures and damaged checkpoints are clear errors`() async throws {
    let world = try await World()
    defer { try? FileManager.default.removeItem(atPath: world.folder) }
    let whole = Retrieval(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, folder: try folder(world), captions: world.pairs)
    let all = Set(EvaluationStageTests.names.map(\.id))
    let broken = whole.with(\.pictures, .folder(InputFolder(try folder(world, broken: all))))
    #expect(try await message(broken, world).contains("none of them can be decoded"))
    let empty = world.folder + "/empty"
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    let ofEmpty = whole.with(\.pictures, .folder(InputFolder(empty)))
    #expect(try await message(ofEmpty, world).contains("there are no files in it"))
    let none = whole.with(\.pictures, .set(try set(world, without: all)))
    #expect(try await message(none, world).contains("(0 pictures): no pair has one of the pictures"))
    let noPairs = try world.pairs.filterPairs(into: world.folder + "/none.jsonl") { _ in false }
    let noClasses = ZeroShotClassification(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, pictures: world.pictures, classes: noPairs)
    #expect(try await message(noClasses, world).contains("(0 classes and 6 pictures)"))
    let noQuestions = MultipleChoice(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, pictures: world.pictures,
      questions: try ChoiceQuestions([], path: world.folder + "/none"))
    #expect(try await message(noQuestions, world).contains("(0 questions and 6 pictures)"))

    let weights = try world.checkpoint.file("model.safetensors").bytes()
    let configuration = try world.checkpoint.file("config.json")
    func damaged(_ bytes: [UInt8]) throws -> Checkpoint {
      try Checkpoint(
        content: ArtifactContent(
          files: ArtifactContent(bytes: bytes, name: "model.safetensors").files + [configuration]))
    }
    var entries = try Safetensors.decode(weights, subject: "weights")
    entries["visual_projection.weight"]?.elements[3] = .nan
    let notFinite = try damaged(Safetensors.encode(entries))
    for stage in [whole, whole.with(\.pictures, .set(world.pictures))] {
      #expect(try await message(stage.with(\.checkpoint, notFinite), world).contains("visual_projection.weight"))
      #expect(try await !message(stage.with(\.checkpoint, damaged(Array(weights.prefix(100)))), world).isEmpty)
    }
  }

  @Test func `A folder that nothing is asked about is an error before any picture is encoded`() async throws {
    let world = try await World()
    defer { try? FileManager.default.removeItem(atPath: world.folder) }
    // Not one of these pictures could be encoded.
    let path = try folder(world, broken: Set(EvaluationStageTests.names.map(\.id)))
    let classes = ZeroShotClassification(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, folder: path, classes: world.pairs)
    #expect(try await message(classes.with(\.languages, ["fr"]), world).contains("languages: fr"))
    #expect(try await message(classes.with(\.languagePrompts, ["de": []]), world).contains("(de)"))
    let one = try world.pairs.filterPairs(into: world.folder + "/one.jsonl") { $0.id == "a" }
    #expect(try await message(classes.with(\.classes, one), world).contains("two of the classes"))
  }

  @Test func `Texts that are cut, single pictures and languages without texts are noted`() async throws {
    let world = try await World()
    defer { try? FileManager.default.removeItem(atPath: world.folder) }
    let writer = try PairsWriter(path: world.folder + "/long.jsonl")
    let long = [String](repeating: "red", count: 40).joined(separator: " ")
    try writer.write(
      Pair(
        id: "a", image: "a",
        texts: [PairText(long, field: "name", language: "en"), PairText("rot", field: "name", language: "de")]))
    try writer.write(Pair(id: "b", image: "b", texts: [PairText("green", field: "name", language: "en")]))
    let captions = try writer.finish()
    let retrieval = Retrieval(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, pictures: world.pictures, captions: captions)
    let cut =
      "1 of 3 texts have more than the 16 pieces that the model reads, the end included, and are "
      + "cut, for instance “red red"
    let notes = try await run(retrieval.with(\.languages, ["de", "en", "fr"]), world).notes
    #expect(notes.count == 3, "\(notes)")
    #expect(notes.first == "languages without texts are left out: fr")
    #expect(notes.dropFirst().first == "languages with a single picture, which is always found: de")
    #expect(notes.last?.hasPrefix(cut) == true)

    let evenness = AlignmentUniformity(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, pictures: world.pictures, captions: captions)
    let (table, said) = try await run(evenness, world)
    #expect(table[column: "uniformity"]?.map { $0 == .empty } == [true, false])
    #expect(said.count == 1 && said[0].hasPrefix(cut))
    #expect(try await message(evenness.with(\.maximumPictures, 0), world).contains("above 0"))

    // Every class twice, once in a prompt that is too long.
    let classes = ZeroShotClassification(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, pictures: world.pictures, classes: world.pairs
    ).with(\.languages, ["de"]).with(\.prompts, ["{}", "{} " + long])
    #expect(try await run(classes, world).notes.last?.hasPrefix("5 of 10 texts have more than") == true)
    let one = ChoiceQuestion(
      id: "1", image: "a", language: "de", country: "", answer: 0,
      local: .init(question: long, options: ["rot", "blau"]),
      english: .init(question: "", options: ["red", "blue"]))
    let choice = MultipleChoice(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, pictures: world.pictures,
      questions: try ChoiceQuestions([one], path: world.folder + "/questions.jsonl"))
    #expect(try await run(choice, world).notes.map { $0.hasPrefix("2 of 4 texts have more than") } == [true])
  }
}
