package import Core

/// A request to compute a stage call in another process: the stage itself, and everything that its key is computed
/// from.
package struct StageRequest: Codable, Sendable {
  /// A file or folder on disk that the stage declares.
  package struct DeclaredInput: Codable, Hashable, Sendable {
    /// The path that the notebook gives, absolute or relative to the project's folder.
    package var path: String
    /// For a folder, the endings of the names of the files that count; `nil` for a file.
    package var suffixes: [String]?
    /// The digest of its content; `nil` when it is not known yet.
    package var digest: Digest?

    /// An input file.
    package init(_ file: InputFile, digest: Digest? = nil) {
      path = file.path
      self.digest = digest
    }

    /// An input folder.
    package init(_ folder: InputFolder, digest: Digest? = nil) {
      path = folder.path
      suffixes = folder.suffixes
      self.digest = digest
    }
  }

  /// A file with bytes that the program computed itself, which the command does not know yet.
  package struct Upload: Codable, Sendable {
    /// The SHA-256 of the bytes, which the command checks.
    package var digest: Digest
    /// The file's absolute path.
    package var path: String
  }

  /// The call, with its place in the notebook.
  package var call: StageCallReport
  /// The stage's type, as text of a ``StageTypeName``.
  package var type: String
  /// The stage's properties as JSON; artifacts in files are references by digest.
  package var stage: String
  /// The name and version of the output's format.
  package var format: String
  /// The key that the stage must have in the other process too.
  package var key: Digest
  /// The parts of ``key``.
  package var components: [KeyComponent]
  /// The files and folders on disk that the stage declares, with their digests.
  package var inputs: [DeclaredInput]
  /// The files of input artifacts that the command does not know yet.
  package var uploads: [Upload]

  /// The stage with those of its properties that count by value, for messages: `Rec(n: 3)`.
  package var title: String { components.title(of: call.stage) }

  private enum CodingKeys: String, CodingKey {
    case call, type, stage, format, key, components, inputs
    case uploads = "holdings"
  }
}

/// The job of a process that computes one stage: JSON in a file that the environment variable ``variable`` names.
package struct StageJob: Codable, Sendable {
  /// The environment variable with the path of the job's file.
  package static let variable = "COLOPHON_STAGE"
  /// The environment variable with a file descriptor. When a byte can be read from it, the job's file exists and work
  /// may begin.
  package static let beginVariable = "COLOPHON_STAGE_BEGIN"

  /// The stage to compute.
  package var request: StageRequest
  /// The number of the stage in its reports.
  package var id: Int
  /// The project's folder, absolute; relative input paths count from it.
  package var project: String
  /// An empty folder that the stage may write to, absolute. The result is written into it too.
  package var scratch: String
  /// The paths of the input artifacts' files, by digest.
  package var contents: [Digest: String]
  /// The number of threads that the stage may use, at least 1.
  package var threads: Int
  /// The file descriptor that reports are written to.
  package var channel: Int32
  /// The reading end of a pipe that closes when the command ends, however it ends.
  package var parentPipe: Int32
  /// The file descriptor that replies are read from when the stage calls others.
  package var replies: Int32

  /// A job of known values.
  package init(
    request: StageRequest, id: Int, project: String, scratch: String, contents: [Digest: String], threads: Int,
    channel: Int32, parentPipe: Int32, replies: Int32
  ) {
    self.request = request
    self.id = id
    self.project = project
    self.scratch = scratch
    self.contents = contents
    self.threads = threads
    self.channel = channel
    self.parentPipe = parentPipe
    self.replies = replies
  }

  /// The folder of the stage itself.
  package var stageFolder: String { scratch + "/stage" }
  /// The file that the ``StageResult`` is written to.
  package var resultPath: String { scratch + "/result.json" }
}

/// The result that a process of one stage writes. The command does not trust it, and hashes the files itself.
package struct StageResult: Codable, Sendable {
  /// A file of the output.
  package struct File: Codable, Sendable {
    /// The name in the artifact.
    package var name: String
    /// The absolute path: inside the scratch folder, or that of an input that is passed on.
    package var path: String
  }

  /// The files of the output; empty after a failure.
  package var files: [File]
  /// The reason for having no output; `nil` after success.
  package var failure: String?
  /// The cost of the run, also of one that failed.
  package var cost: RunCost

  /// A result without files, failure or cost.
  static let none = StageResult(files: [], failure: nil, cost: .none)
}

/// The reply of the command to a ``StageRequest``.
package struct StageReply: Codable, Sendable {
  /// A file of the output.
  package struct File: Codable, Sendable {
    /// The name in the artifact.
    package var name: String
    /// The SHA-256 of the bytes, as the command computed it.
    package var digest: Digest
    /// The size in bytes.
    package var byteCount: Int64
    /// The absolute path that the program reads the bytes from.
    package var path: String

    /// A file of known values.
    package init(name: String, digest: Digest, byteCount: Int64, path: String) {
      self.name = name
      self.digest = digest
      self.byteCount = byteCount
      self.path = path
    }
  }

  /// True when the stage was computed for this reply, false for a recorded output.
  package var isFresh: Bool
  /// The files of the output; empty after a failure.
  package var files: [File] = []
  /// The reason for having no output; `nil` after success.
  package var failure: String?
  /// The cost of computing the output for this reply; none for a recorded output.
  package var cost = RunCost.none
  /// The outputs of the stages that it called while it was computed, each once.
  package var calls: [DynamicInput] = []

  /// A reply without files and cost.
  package init(isFresh: Bool, failure: String? = nil) {
    self.isFresh = isFresh
    self.failure = failure
  }

  private enum CodingKeys: String, CodingKey { case isFresh, files, failure, calls }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    isFresh = try values.decode(Bool.self, forKey: .isFresh)
    files = try values.decode([File].self, forKey: .files)
    failure = try values.decodeIfPresent(String.self, forKey: .failure)
    cost = try RunCost(from: decoder)
    calls = try values.decodeIfPresent([DynamicInput].self, forKey: .calls) ?? []
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(isFresh, forKey: .isFresh)
    try values.encode(files, forKey: .files)
    try values.encodeIfPresent(failure, forKey: .failure)
    try cost.encode(to: encoder)
    if !calls.isEmpty { try values.encode(calls, forKey: .calls) }
  }

  /// The output's content, its files on disk; `nil` after a failure.
  package var content: ArtifactContent? {
    guard failure == nil, !files.isEmpty else { return nil }
    return ArtifactContent(
      files: files.map {
        ContentFile(name: $0.name, digest: $0.digest, byteCount: $0.byteCount, location: .path($0.path))
      })
  }
}

/// A reply of the command, with the number of the question.
package enum CommandReply: Codable, Sendable {
  /// The output of a stage, or the failure of its run.
  case stage(id: Int, StageReply)
  /// The digest of an input.
  case digest(id: Int, Digest)
  /// A failure of the command itself, in words.
  case failed(id: Int, String)

  /// The number of the question.
  package var id: Int {
    switch self {
    case .stage(let id, _), .digest(let id, _), .failed(let id, _): id
    }
  }
}
