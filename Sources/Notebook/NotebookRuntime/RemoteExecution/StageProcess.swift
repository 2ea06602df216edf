internal import Core
internal import Foundation
internal import Glibc

/// The process of one stage: a notebook program that was started to compute one stage and then end.
enum StageProcess {
  /// Computes the stage that the environment names, and ends the process; returns when it names none.
  /// - Parameter stages: those of the notebook, which may be private; the library's are found by name.
  static func runIfAsked(among stages: [any Stage.Type], libraryCode: Digest) async {
    guard let path = getenv(StageJob.variable).map({ String(cString: $0) }) else { return }
    waitForBegin()
    guard let bytes = FileManager.default.contents(atPath: path),
      let job = try? JSONCoding.decoder().decode(StageJob.self, from: bytes)
    else {
      FileHandle.standardError.write(Data("cannot read the stage to compute from \(path)\n".utf8))
      exit(64)
    }
    SupervisorWatch.start(descriptor: job.parentPipe)

    let usage = ResourceUsage()
    let channel = RunChannel(descriptor: job.channel)
    let reports = StageReports(id: job.id, stage: job.request.call.stage, channel: channel)
    SystemReads.begin(reports, hasProcess: true)
    var result = StageResult.none
    do {
      guard chdir(job.project) == 0 else {
        throw StageEncoding.failure(
          job.request.call.stage, "cannot enter \(job.project): \(String(cString: strerror(errno)))")
      }
      guard let type = StageTypeName(job.request.type).type(among: stages) else {
        throw StageEncoding.failure(
          job.request.call.stage, "its type is not found by name; a generic one must not be private")
      }
      // Stages that it calls are computed in processes of their own, which see what they declare.
      let executor = RemoteExecutor(
        channel: channel, replies: job.replies, scratch: job.scratch, libraryCode: libraryCode, stages: stages,
        caller: job.request.key)
      let session = Session(executor: executor, cell: job.request.call.place.cell)
      result.files = try await Session.$current.withValue(session) {
        try await compute(type, job, libraryCode: libraryCode, reports: reports)
      }
    } catch {
      result.failure = error is CancellationError ? "cancelled" : Secrets.redacted(Display.message(of: error))
    }
    result.cost = usage.cost(with: reports)

    do {
      try JSONCoding.encoder().encode(result).write(to: URL(fileURLWithPath: job.resultPath))
    } catch {
      FileHandle.standardError.write(Data("cannot write the stage's result: \(error)\n".utf8))
      exit(1)
    }
    fflush(nil)
    // Unloading libraries in an orderly exit takes time and has no use.
    _exit(0)
  }

  /// Waits until the job's file exists; ends the process when the command closes the pipe instead.
  private static func waitForBegin() {
    guard let descriptor = getenv(StageJob.beginVariable).flatMap({ Int32(String(cString: $0)) }) else { return }
    // The first use of a JSON decoder is slow, and here it costs no time.
    _ = try? JSONCoding.decoder().decode(StageResult.self, from: JSONCoding.encoder().encode(StageResult.none))
    var byte: UInt8 = 0
    guard SystemCall.retry({ read(descriptor, &byte, 1) }) == 1 else { _exit(0) }
    close(descriptor)
  }

  private static func compute<S: Stage>(
    _ type: S.Type, _ job: StageJob, libraryCode: Digest, reports: StageReports
  ) async throws -> [StageResult.File] {
    let contents = JobContents(paths: job.contents)
    let stage = try StageEncoding.stage(type, from: job.request.stage, contents: contents)
    let inputs = try StageInputs(of: stage, digests: GivenDigests(job.request.inputs))

    // The stage was written as JSON: a property that `Codable` loses would give another key.
    let key = StageKey(of: type, inputs: inputs, libraryCode: libraryCode, isBuiltIn: RunEnvironment.isBuiltIn(type))
    guard key.digest == job.request.key else {
      let changed = KeyChange.between(job.request.components, key.components).map(\.name).joined(separator: ", ")
      throw StageEncoding.failure(
        S.name, "written as JSON and read again, it is not the same (\(changed)); look at its Codable conformance")
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

/// The name of a stage's type for another process of the same program: its position among the notebook's own stages, or
/// its mangled name. The runtime does not find private types by name.
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

/// Input artifacts of a stage process: files at the paths that the command has given.
private struct JobContents: ContentSource {
  let paths: [Digest: String]

  func path(of file: ContentFile) throws -> String {
    guard let path = paths[file.digest] else {
      throw OperationError(
        operation: "read the file", subject: file.name,
        cause: "the bytes \(file.digest.short) are not among the stage's inputs")
    }
    return path
  }

  func bytes(of file: ContentFile) throws -> [UInt8] { try FileBytes.read(try path(of: file)) }
}

/// Digests that the command has computed already.
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
    guard let digest = digests[input] else {
      throw OperationError(operation: "read the input", subject: path, cause: "the command did not give its digest")
    }
    return digest
  }
}
