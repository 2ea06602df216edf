import ArtifactTypes
import Core
import Foundation
import Synchronization
import Testing
import Training

/// Stopped anywhere and run again, a training ends with the bytes of one that nobody disturbed.
@Suite(.serialized) struct ResumedTrainingTests {
  private let world: SmallWorld

  init() throws { world = try SmallWorld() }

  private var folder: String { world.folder + "/partial" }

  /// A context that keeps partial results and tells steps and notes.
  private func context(
    interval: Duration = .seconds(3600), notes: Notes? = nil, _ atStep: @escaping @Sendable (Int) -> Void = { _ in }
  ) -> StageContext {
    StageContext(scratch: world.folder, threads: 1, partial: PartialFolder(path: folder, interval: interval)) {
      report in
      switch report {
      case .progress(let done, _, _): atStep(Int(done))
      case .note(let text): notes?.append(text)
      case .measurement: break
      }
    }
  }

  private final class Notes: Sendable {
    private let texts = Mutex<[String]>([])
    func append(_ text: String) { texts.withLock { $0.append(text) } }
    var all: [String] { texts.withLock { $0 } }
  }

  /// Runs a training that cancels itself behind a step.
  private func stop(_ training: TrainCLIP, behind step: Int) async {
    let context = context { if $0 == step { withUnsafeCurrentTask { $0?.cancel() } } }
    let task = Task { try await training.run(context) }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  /// Five pictures a step of eight, so that steps and epochs do not end together, and rows of several steps.
  private static func training(_ world: SmallWorld, _ tokenizer: Tokenizer) -> TrainCLIP {
    world.training(tokenizer).with(\.picturesPerStep, 5).with(\.steps, 210)
  }

  private func training() async throws -> TrainCLIP { Self.training(world, try await world.tokenizer()) }

  @Test(arguments: [Precision.float32, .bfloat16])
  func `Cancelled behind several steps it ends with the same bytes`(_ precision: Precision) async throws {
    defer { world.remove() }
    var training = try await training()
    training.precision = precision
    training.threads = precision == .float32 ? 2 : 1
    let undisturbed = try await training.run(world.context)
    for step in [1, 2, 8, 101, 209] { await stop(training, behind: step) }
    let notes = Notes()
    let resumed = try await training.run(context(notes: notes))
    #expect(notes.all.count == 1 && notes.all.first?.contains("after step 209 of 210") == true, "\(notes.all)")
    #expect(resumed.content.digest == undisturbed.content.digest)
    #expect(try resumed.log() == undisturbed.log())
  }

  @Test func `Texts that are balanced anew in each epoch go on where they were`() async throws {
    defer { world.remove() }
    var training = try await training()
    let writer = try KeepingProbabilitiesWriter(folder: world.folder)
    try writer.write((0..<24).map { $0.isMultiple(of: 3) ? 0.4 : 0.2 })
    training.keeping = try writer.finish()
    let undisturbed = try await training.run(world.context)
    for step in [3, 50, 120] { await stop(training, behind: step) }
    #expect(try await training.run(context()).content.digest == undisturbed.content.digest)
  }

  @Test func `Killed while it saves after every step it ends with the same bytes`() async throws {
    defer { world.remove() }
    let training = try await training()
    let undisturbed = try await training.run(world.context)
    // The other process has no store: it gets the tokenizer's bytes, and makes the same pictures and pairs.
    let (pieces, place, partial) = (
      Data(try training.tokenizer.content.files[0].bytes()), world.folder + "/other", folder
    )
    for step in [2, 40, 41, 170] {
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [pieces = pieces as Data, place = place as String, partial = partial as String, step = step as Int] in
        let training = ResumedTrainingTests.training(
          try SmallWorld(in: place),
          try Tokenizer(content: ArtifactContent(bytes: Array(pieces), name: "tokenizer.model")))
        let context = StageContext(
          scratch: place, threads: 1, partial: PartialFolder(path: partial, interval: .zero)
        ) { report in
          if case .progress(let done, _, _) = report, Int(done) == step { kill(getpid(), SIGKILL) }
        }
        _ = try await training.run(context)
      }
    }
    let notes = Notes()
    #expect(try await training.run(context(notes: notes)).content.digest == undisturbed.content.digest)
    #expect(notes.all.first?.contains("after step 169 of 210") == true, "\(notes.all)")
  }

  @Test(arguments: ["changed", "cut", "empty", "other"])
  func `A damaged partial result is told and not used`(_ damage: String) async throws {
    defer { world.remove() }
    var training = try await training()
    training.steps = 30
    let undisturbed = try await training.run(world.context)
    await stop(training, behind: 12)
    let file = URL(fileURLWithPath: folder + "/training")
    var bytes = try Data(contentsOf: file)
    switch damage {
    case "changed": bytes[bytes.count / 2] ^= 4
    case "cut": bytes.removeLast(100)
    case "empty": bytes = Data()
    default:
      // Undamaged, but nothing that a training has saved.
      try PartialFolder(path: folder).save([1, 2, 3], as: "training")
      bytes = try Data(contentsOf: file)
    }
    try bytes.write(to: file)
    let notes = Notes()
    #expect(try await training.run(context(notes: notes)).content.digest == undisturbed.content.digest)
    #expect(notes.all.count == 1 && notes.all.first?.hasPrefix("the training starts over") == true, "\(notes.all)")
  }

  @Test func `What a training with other settings has kept is never used`() async throws {
    defer { world.remove() }
    let training = try await training()
    await stop(training, behind: 12)
    let others = [
      training.with(\.seed, 1), training.with(\.learningRate, 1e-3), training.with(\.steps, 40),
      training.with(\.microBatch, 2),
    ]
    for other in others {
      let undisturbed = try await other.run(world.context)
      let notes = Notes()
      #expect(try await other.run(context(notes: notes)).content.digest == undisturbed.content.digest)
      #expect(notes.all == ["the training starts over: what was kept comes from other settings"])
    }
  }

  @Test func `A place that cannot be written to is reported once and stops nothing`() async throws {
    defer { world.remove() }
    var training = try await training()
    training.steps = 20
    try Data().write(to: URL(fileURLWithPath: folder))
    let notes = Notes()
    let trained = try await training.run(context(interval: .zero, notes: notes))
    #expect(try await training.run(world.context).content.digest == trained.content.digest)
    #expect(notes.all.count == 1 && notes.all.first?.contains("will start over") == true, "\(notes.all)")
  }

  @Test func `A loss that is not finite names the step, pictures and where the last good state is`() async throws {
    defer { world.remove() }
    var training = try await training()
    training.steps = 30
    // The weights grow a hundred thousand times a step, until their squares are no numbers any more.
    training.learningRate = 1e6
    training.warmUpSteps = 0
    let error = await #expect(throws: OperationError.self) { try await training.run(context(interval: .zero)) }
    let cause = try #require(error?.cause)
    let failed = try #require(error?.subject.firstMatch(of: /step (\d+) of 30/).flatMap { Int($0.1) })
    #expect(cause.contains(/the pictures [a-h], [a-h], [a-h], [a-h], [a-h]; the state/), "\(cause)")
    let kept = try #require(cause.firstMatch(of: /after step (\d+) is kept in (.+)$/), "\(cause)")
    let steps = try #require(Int(kept.1))
    #expect(steps >= 1 && steps < failed && String(kept.2) == folder)
    // From there it fails again in the same way.
    let again = await #expect(throws: OperationError.self) { try await training.run(context()) }
    #expect(again?.subject == error?.subject)
  }
}
