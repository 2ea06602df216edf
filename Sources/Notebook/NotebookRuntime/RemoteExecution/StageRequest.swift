package import Core

/// A stage call that another process is to compute: everything that the stage's key is made of, and the stage itself.
package struct StageRequest: Codable, Sendable {
  /// A file or folder on disk that the stage declares.
  package struct DeclaredInput: Codable, Hashable, Sendable {
    /// As the notebook names it; a relative one counts from the project's folder.
    package var path: String
    /// For a folder, the endings of the files that count; `nil` for a file.
    package var suffixes: [String]?
    /// The digest of its content; `nil` when it is still to be found.
    package var digest: Digest?

    package init(_ file: InputFile, digest: Digest? = nil) {
      path = file.path
      self.digest = digest
    }

    package init(_ folder: InputFolder, digest: Digest? = nil) {
      path = folder.path
      suffixes = folder.suffixes
      self.digest = digest
    }
  }

  /// A file that the program holds and the command does not know.
  package struct Holding: Codable, Sendable {
    package var digest: Digest
    /// Absolute.
    package var path: String
  }

  package var call: StageCallReport
  /// The stage's type, as ``StageTypeName`` has it.
  package var type: String
  /// The stage's properties as JSON; artifacts in files are references by digest.
  package var stage: String
  /// The name and version of the output's format.
  package var format: String
  package var key: Digest
  package var components: [KeyComponent]
  package var inputs: [DeclaredInput]
  package var holdings: [Holding]
}

/// What the process of one stage is told: JSON in a file that ``variable`` names.
package struct StageJob: Codable, Sendable {
  package static let variable = "COLOPHON_STAGE"
  /// Names a descriptor: the file is there, and the work begins, when a byte can be read from it.
  package static let beginVariable = "COLOPHON_STAGE_BEGIN"

  package var request: StageRequest
  /// The number that its reports carry.
  package var id: Int
  /// The project's folder, absolute; relative input paths count from it.
  package var project: String
  /// An empty folder that the stage may write to, absolute. The result comes to lie in it too.
  package var scratch: String
  /// Where the bytes of the input artifacts' files lie, by digest.
  package var contents: [Digest: String]
  package var threads: Int
  /// The file descriptor that reports are written to.
  package var channel: Int32
  /// The reading end of a pipe that closes when the command ends, however it ends.
  package var life: Int32

  package init(
    request: StageRequest, id: Int, project: String, scratch: String, contents: [Digest: String], threads: Int,
    channel: Int32,
    life: Int32
  ) {
    self.request = request
    self.id = id
    self.project = project
    self.scratch = scratch
    self.contents = contents
    self.threads = threads
    self.channel = channel
    self.life = life
  }

  /// The folder of the stage itself.
  package var stageFolder: String { scratch + "/stage" }
  /// The file of the ``StageResult``.
  package var resultPath: String { scratch + "/result.json" }
}

/// What the process of one stage leaves. Nothing of it is believed unseen: who takes it hashes the files.
package struct StageResult: Codable, Sendable {
  package struct File: Codable, Sendable {
    /// Its name in the artifact.
    package var name: String
    /// Absolute: below the scratch folder, or an input's.
    package var path: String
  }

  package var files: [File]
  /// Why there is no output.
  package var failure: String?
  package var seconds: Double
  package var cpuSeconds: Double
  package var peakMemoryBytes: Int64
  package var measurements: [Measurement]
  package var notes: [String]

  /// Nothing yet.
  static let none = StageResult(
    files: [], failure: nil, seconds: 0, cpuSeconds: 0, peakMemoryBytes: 0, measurements: [], notes: [])
}

/// What the command answers to a ``StageRequest``.
package struct StageReply: Codable, Sendable {
  package struct File: Codable, Sendable {
    package var name: String
    package var digest: Digest
    package var byteCount: Int64
    /// Where the program can read the bytes, absolute.
    package var path: String

    package init(name: String, digest: Digest, byteCount: Int64, path: String) {
      self.name = name
      self.digest = digest
      self.byteCount = byteCount
      self.path = path
    }
  }

  /// Whether the stage was computed for this reply; else the output is a recorded one.
  package var isFresh: Bool
  package var files: [File] = []
  package var failure: String?
  package var seconds = 0.0
  package var cpuSeconds = 0.0
  package var peakMemoryBytes: Int64 = 0
  package var measurements: [Measurement] = []
  package var notes: [String] = []

  package init(isFresh: Bool, failure: String? = nil) {
    self.isFresh = isFresh
    self.failure = failure
  }

  /// The output's content, its files on disk.
  package var content: ArtifactContent? {
    guard failure == nil, !files.isEmpty else { return nil }
    return ArtifactContent(
      files: files.map {
        ContentFile(name: $0.name, digest: $0.digest, byteCount: $0.byteCount, location: .path($0.path))
      })
  }
}

/// A reply of the command, with the number of what it replies to.
package enum CommandReply: Codable, Sendable {
  case stage(id: Int, StageReply)
  case digest(id: Int, Digest)
  case failed(id: Int, String)
}
