internal import Core
internal import Foundation
internal import Glibc

/// The process of one stage: a notebook program that was started to compute one stage and end.
enum StageProcess {
  /// Computes the stage that the environment names, and ends the process; returns when it names none.
  /// - Parameter stages: those of the notebook, which may be private; the library's are found by name.
  static func runIfAsked(among stages: [any Stage.Type], libraryCode: Digest) async {
    guard let path = getenv(StageJob.variable).map({ String(cString: $0) }) else { return }
    waitForBegin()
    guard let bytes = FileManager.default.contents(atPath: path),
      let job = try? JSONDecoder().decode(StageJob.self, from: bytes)
    else {
      FileHandle.standardError.write(Data("cannot read the stage to compute from \(path)\n".utf8))
      exit(64)
    }
    SupervisorWatch.start(descriptor: job.life)
    let usage = ResourceUsage()
    let reports = StageReports(id: job.id, channel: RunChannel(descriptor: job.channel))
    var result = StageResult.none
    do {
      guard chdir(job.project) == 0 else {
        throw StageEncodingFailure(
          stage: job.request.call.stage, reason: "cannot enter \(job.project): \(String(cString: strerror(errno)))")
      }
      guard let type = StageTypeName(job.request.type).type(among: stages) else {
        throw StageEncodingFailure(
          stage: job.request.call.stage, reason: "its type is not found by name; a generic one must not be private")
      }
      result.files = try await compute(type, job, libraryCode: libraryCode, reports: reports)
    } catch {
      result.failure = error is CancellationError ? "cancelled" : Display.message(of: error)
    }
    (result.seconds, result.cpuSeconds, result.peakMemoryBytes) = usage.spent
    result.measurements = reports.measurements
    result.notes = reports.notes
    do {
      let encoder = JSONEncoder()
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
      try encoder.encode(result).write(to: URL(fileURLWithPath: job.resultPath))
    } catch {
      FileHandle.standardError.write(Data("cannot write the stage's result: \(error)\n".utf8))
      exit(1)
    }
    fflush(nil)
    // Nothing is left to be done in order, and taking libraries down takes time.
    _exit(0)
  }

  /// Waits until the job is there; ends the process when the command has no use for it.
  private static func waitForBegin() {
    guard let descriptor = getenv(StageJob.beginVariable).flatMap({ Int32(String(cString: $0)) }) else { return }
    // What reading a job takes the first time is done before there is one.
    _ = try? JSONDecoder().decode(StageResult.self, from: (try? JSONEncoder().encode(StageResult.none)) ?? Data())
    var byte: UInt8 = 0
    while true {
      let count = read(descriptor, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      guard count == 1 else { _exit(0) }
      break
    }
    close(descriptor)
  }

  private static func compute<S: Stage>(
    _ type: S.Type, _ job: StageJob, libraryCode: Digest, reports: StageReports
  ) async throws -> [StageResult.File] {
    let contents = JobContents(paths: job.contents)
    let stage = try StageEncoding.stage(type, from: job.request.stage, contents: contents)
    let inputs = try StageInputs(of: stage, digests: GivenDigests(job.request.inputs))
    let key = StageKey(of: type, inputs: inputs, libraryCode: libraryCode, isBuiltIn: RunEnvironment.isBuiltIn(type))
    guard key.digest == job.request.key else {
      let changed = KeyChange.between(job.request.components, key.components).map(\.name).joined(separator: ", ")
      throw StageEncodingFailure(
        stage: S.name,
        reason: "written as JSON and read again, it is not the same (\(changed)); look at its Codable conformance")
    }
    try FileManager.default.createDirectory(atPath: job.stageFolder, withIntermediateDirectories: true)
    let context = StageContext(scratch: job.stageFolder, threads: job.threads) { reports.take($0) }
    let content = try await run(stage, context)
    return try content.files.enumerated().map { position, file in
      switch file.location {
      case .path(let path): return .init(name: file.name, path: path.hasPrefix("/") ? path : job.project + "/" + path)
      case .stored: return .init(name: file.name, path: try file.path())
      case .memory(let bytes):
        let path = "\(job.scratch)/memory-\(position)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return .init(name: file.name, path: path)
      }
    }
  }

  @concurrent
  private static func run<S: Stage>(_ stage: S, _ context: StageContext) async throws -> ArtifactContent {
    try await stage.run(context).makeContent()
  }
}

/// How a stage's type is named to another process of the same program: by its place among the notebook's own stages, since the runtime
/// finds no private type by name, else by its mangled name.
struct StageTypeName {
  let text: String

  init(_ text: String) { self.text = text }

  /// - Returns: `nil` when the type has no name.
  init?(of type: any Stage.Type, among stages: [any Stage.Type]) {
    if let position = stages.firstIndex(where: { $0 == type }) {
      text = "#\(position)"
    } else if let name = _mangledTypeName(type) {
      text = name
    } else {
      return nil
    }
  }

  func type(among stages: [any Stage.Type]) -> (any Stage.Type)? {
    guard text.hasPrefix("#") else { return _typeByName(text) as? any Stage.Type }
    guard let position = Int(text.dropFirst()), stages.indices.contains(position) else { return nil }
    return stages[position]
  }
}

/// Input artifacts of a stage process: files that lie where the command has put them.
private struct JobContents: ContentSource {
  let paths: [Digest: String]

  func path(of file: ContentFile) throws -> String {
    guard let path = paths[file.digest] else {
      throw ContentError.unreadable(
        path: file.name, reason: "the bytes \(file.digest.short) are not among the stage's inputs")
    }
    return path
  }

  func bytes(of file: ContentFile) throws -> [UInt8] { try FileBytes.read(try path(of: file)) }
}

/// Digests that the command has found already.
private struct GivenDigests: StageInputs.FileDigests {
  private let digests: [StageRequest.DeclaredInput: Digest]

  init(_ inputs: [StageRequest.DeclaredInput]) {
    digests = Dictionary(
      inputs.compactMap { input in
        var bare = input
        bare.digest = nil
        return input.digest.map { (bare, $0) }
      }, uniquingKeysWith: { first, _ in first })
  }

  func digest(of file: InputFile) throws -> Digest { try find(.init(file), file.path) }
  func digest(of folder: InputFolder) throws -> Digest { try find(.init(folder), folder.path) }

  private func find(_ input: StageRequest.DeclaredInput, _ path: String) throws -> Digest {
    guard let digest = digests[input] else { throw InputError(path: path, reason: "its digest was not given") }
    return digest
  }
}
