import ArtifactTypes
import Core
import Foundation
import Imaging
import Synchronization
import Tensor
import Testing
import Training

/// Trainings over several processes, with the real program.
@Suite(.serialized) struct SeveralProcessesTests {
  private let world: SmallWorld

  init() throws { world = try SmallWorld() }

  private var partial: String { world.folder + "/partial" }

  private func context(_ notes: Notes? = nil, _ atStep: @escaping @Sendable (Int) -> Void = { _ in }) -> StageContext {
    StageContext(scratch: world.folder, threads: 1, partial: PartialFolder(path: partial, interval: .seconds(3600))) {
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

  /// Seven pictures a step of eight: no number of processes but one divides them.
  private static func training(_ world: SmallWorld, _ tokenizer: Tokenizer) -> TrainCLIP {
    world.training(tokenizer).with(\.picturesPerStep, 7).with(\.precision, .float32)
  }

  private func training() async throws -> TrainCLIP { Self.training(world, try await world.tokenizer()) }

  /// The worker processes whose job lies in this folder.
  private static func workers(in folder: String) -> [pid_t] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.filter { process in
      // A process that has ended and was not waited for has no command line.
      guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return false }
      let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return words.count == 3 && words[0].hasSuffix("/colophon-train-worker") && words[1].hasPrefix(folder + "/")
    }
  }

  /// - Returns: whether there are none any more, at the latest after some seconds.
  private static func workersEnd(in folder: String) -> Bool {
    let deadline = ContinuousClock().now + .seconds(20)
    while !workers(in: folder).isEmpty {
      if ContinuousClock().now > deadline { return false }
      usleep(10_000)
    }
    return true
  }

  /// Slow enough that no rounding grows within the steps; Adam divides by the gradient's size, so that a rounding of a
  /// gradient near 0 moves a parameter by up to the learning rate.
  @Test(arguments: [(2, 0), (3, 0), (2, 2), (7, 0)])
  func `Some steps over several processes end where those of one process end`(_ processes: Int, _ part: Int)
    async throws
  {
    defer { world.remove() }
    let training = try await training().with(\.steps, 3).with(\.learningRate, 1e-4)
    let alone = try await training.run(world.context)
    let together = try await training.with(\.processes, processes).with(\.microBatch, part).run(world.context)
    for column in ["loss", "gradient norm"] {
      let (expected, found) = (try #require(alone.log()[column: column]), try #require(together.log()[column: column]))
      #expect(expected.count == 3 && found.count == 3)
      for (a, b) in zip(expected, found) {
        let (a, b) = (try #require(a.value), try #require(b.value))
        #expect(a > 0.01 && abs(a - b) < 1e-5 * max(1, a), "\(column): \(a) and \(b)")
      }
    }
    let expected = try Safetensors.decode(alone.file("model.safetensors").bytes(), subject: "alone")
    let found = try Safetensors.decode(together.file("model.safetensors").bytes(), subject: "together")
    #expect(expected.keys.sorted() == found.keys.sorted())
    var largest: Float = 0
    for (name, tensor) in expected {
      let other = try #require(found[name])
      for (a, b) in zip(tensor.elements, other.elements) { largest = max(largest, abs(a - b)) }
    }
    #expect(largest < 1e-5, "\(largest)")
    #expect(Self.workers(in: world.folder).isEmpty)
  }

  @Test(arguments: [Precision.float32, .bfloat16])
  func `Two trainings over two processes give the same bytes, also when one was stopped`(_ precision: Precision)
    async throws
  {
    defer { world.remove() }
    let training = try await training().with(\.processes, 2).with(\.precision, precision)
    let first = try await training.run(world.context)
    let losses = try #require(try first.log()[column: "loss"]).compactMap(\.value)
    #expect(losses.count == 30 && losses[29] < losses[0] * 0.7)
    #expect(try await training.run(world.context).content.digest == first.content.digest)
    for step in [4, 17] {
      let context = context { if $0 == step { withUnsafeCurrentTask { $0?.cancel() } } }
      await #expect(throws: CancellationError.self) { try await Task { try await training.run(context) }.value }
      #expect(Self.workers(in: world.folder).isEmpty)
    }
    let notes = Notes()
    #expect(try await training.run(context(notes)).content.digest == first.content.digest)
    #expect(notes.all.count == 1 && notes.all.first?.contains("after step 17 of 30") == true, "\(notes.all)")
  }

  @Test func `Texts that are balanced anew in each epoch, and a tokenizer in memory, reach the other processes`()
    async throws
  {
    defer { world.remove() }
    var training = try await training().with(\.steps, 3).with(\.learningRate, 1e-4)
    let writer = try KeepingProbabilitiesWriter(folder: world.folder)
    try writer.write((0..<24).map { $0.isMultiple(of: 3) ? 0.4 : 0.2 })
    training.keeping = try writer.finish()
    training.tokenizer = try Tokenizer(
      content: ArtifactContent(bytes: training.tokenizer.content.files[0].bytes(), name: "tokenizer.model"))
    let alone = try await training.run(world.context).log()
    let together = try await training.with(\.processes, 2).run(world.context).log()
    for (a, b) in zip(try #require(alone[column: "loss"]), try #require(together[column: "loss"])) {
      #expect(abs(try #require(a.value) - #require(b.value)) < 1e-4)
    }
  }

  @Test func `A worker that is killed is named, the state is kept and the training goes on from there`() async throws {
    defer { world.remove() }
    let training = try await training().with(\.processes, 3)
    let undisturbed = try await training.run(world.context)
    let folder = world.folder
    let error = await #expect(throws: OperationError.self) {
      try await training.run(
        context { step in
          guard step == 5, let worker = Self.workers(in: folder).max() else { return }
          kill(worker, SIGKILL)
        })
    }
    #expect(error?.subject.contains(/^process [12] of 3$/) == true, "\(error?.description ?? "")")
    #expect(error?.cause.hasPrefix("it was killed (signal 9)") == true, "\(error?.description ?? "")")
    #expect(error?.cause.hasSuffix("the saved state is kept in \(partial): run it again to continue") == true)
    #expect(Self.workers(in: folder).isEmpty)
    let notes = Notes()
    #expect(try await training.run(context(notes)).content.digest == undisturbed.content.digest)
    #expect(notes.all.first?.contains("after step 5 of 30") == true, "\(notes.all)")
  }

  @Test func `A worker that fails gives its last message`() async throws {
    defer { world.remove() }
    let training = try await training().with(\.processes, 2)
    // The pictures are there for the first process, which has opened them; its job names a file that is gone.
    let pictures = try #require(training.pictures.set)
    let pixels = try #require(pictures.content["pixels.npy"])
    let gone = try ContentFile(
      name: pixels.name, digest: pixels.digest, byteCount: pixels.byteCount,
      location: .stored(OnceSource(path: pixels.path())))
    var other = training
    other.pictures = .set(
      try PictureSet(content: ArtifactContent(files: [gone, #require(pictures.content["ids.txt"])])))
    let error = await #expect(throws: OperationError.self) { try await other.run(world.context) }
    #expect(error?.subject == "process 1 of 2")
    #expect(error?.cause.hasPrefix("it ended with status 1; its last message: ") == true, "\(error?.description ?? "")")
    #expect(error?.cause.contains("nowhere.npy") == true, "\(error?.description ?? "")")
    #expect(error?.cause.hasSuffix("nothing of the training is kept") == true)
  }

  /// Gives one path that is wrong, to whoever asks first, and then the right one.
  private final class OnceSource: ContentSource {
    private let right: String
    private let asked = Mutex(false)
    init(path: String) { right = path }

    func path(of file: ContentFile) throws -> String {
      let before = asked.withLock { asked in
        defer { asked = true }
        return asked
      }
      return before ? right : "/nowhere.npy"
    }
    func bytes(of file: ContentFile) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: right))) }
  }

  @Test func `When the first process is killed no worker stays behind`() async throws {
    defer { world.remove() }
    let (pieces, place) = (Data(try await world.tokenizer().content.files[0].bytes()), world.folder + "/other")
    await #expect(processExitsWith: .signal(SIGKILL)) { [pieces = pieces as Data, place = place as String] in
      let training = SeveralProcessesTests.training(
        try SmallWorld(in: place),
        try Tokenizer(content: ArtifactContent(bytes: Array(pieces), name: "tokenizer.model"))
      ).with(\.processes, 3).with(\.steps, 100_000)
      let context = StageContext(scratch: place, threads: 1) { report in
        guard case .progress(let done, _, _) = report, Int(done) == 3 else { return }
        // Without two workers this process does not end as expected.
        if SeveralProcessesTests.workers(in: place).count == 2 { kill(getpid(), SIGKILL) }
        exit(1)
      }
      _ = try await training.run(context)
    }
    #expect(Self.workersEnd(in: place))
  }

  @Test func `A loss that is not finite is the first process's own error`() async throws {
    defer { world.remove() }
    let training = try await training().with(\.processes, 2).with(\.learningRate, 1e38).with(\.warmUpSteps, 0)
    let error = await #expect(throws: OperationError.self) { try await training.run(world.context) }
    #expect(error?.subject.hasSuffix("of 30") == true && error?.cause.contains("learning rate") == true, "\(error!)")
  }

  @Test func `Fewer pictures than processes, and no process, are errors that say what to do`() async throws {
    defer { world.remove() }
    let training = try await training().with(\.picturesPerStep, 20)
    for processes in [0, -1, 21] {
      let error = await #expect(throws: OperationError.self) {
        try await training.with(\.processes, processes).run(world.context)
      }
      #expect(error?.cause.contains("at least one process") == true)
    }
    // There are but eight pictures.
    let error = await #expect(throws: OperationError.self) {
      try await training.with(\.processes, 9).run(world.context)
    }
    #expect(error?.cause.contains("lower `processes`") == true, "\(error!)")
  }
}
