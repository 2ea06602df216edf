import ArtifactStore
import Attestation
import Core
import Foundation
import Processes
import Remotes
import Synchronization
import TestSupport
import Testing

/// A project of one person in a temporary folder, with a store; all are removed at the end of their lives.
final class Site {
  let root: String
  let store: ArtifactStore
  private let messages: Reports

  /// The messages of a store.
  final class Reports: Sendable {
    private let texts = Mutex<[String]>([])
    var all: [String] { texts.withLock { $0 } }
    func add(_ text: String) { texts.withLock { $0.append(text) } }
  }

  init() throws {
    root = try temporaryFolder("site")
    let messages = Reports()
    self.messages = messages
    store = try ArtifactStore(project: Project(root: root)) { messages.add($0) }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  var artifacts: String { root + "/Artifacts" }
  var repository: String { artifacts + "/store.git" }
  var remotes: RemoteList { RemoteList(store: repository) }
  var reports: [String] { messages.all }

  /// The same store with an index that is made again.
  func reopened() throws -> ArtifactStore {
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: root + "/.colophon/index.sqlite" + suffix)
    }
    return try ArtifactStore(project: Project(root: root))
  }

  func exchange(_ name: String = "hub") throws -> Exchange {
    Exchange(store: store, project: Project(root: root), remote: try remotes.remote(named: name)) { _ in }
  }

  @discardableResult
  func git(_ arguments: String..., input: [UInt8] = []) throws -> String {
    let run = try ToolRun("git", ["--git-dir", repository] + arguments, input: input)
    #expect(run.succeeded, "git \(arguments): \(run.errors)")
    return run.text
  }

  func faults() throws -> [String] {
    let run = try ToolRun("git", ["--git-dir", repository, "fsck", "--strict", "--full", "--no-dangling"])
    let lines = (run.text + run.errors).split(separator: "\n").map(String.init).filter { !$0.hasPrefix("notice:") }
    return run.succeeded && lines.isEmpty ? [] : lines + ["status \(run.status)"]
  }
}

/// An empty bare repository that several push to.
final class Hub {
  let path: String

  init() throws {
    path = temporaryPath("hub") + ".git"
    #expect(try ToolRun("git", ["init", "-q", "--bare", path]).succeeded)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// A new project that has the hub as its remote.
  func site(_ policy: Remote.Policy = .trust) throws -> Site {
    let site = try Site()
    try site.remotes.add(Remote(name: "hub", url: path, policy: policy))
    return site
  }
}

extension StageRecord {
  /// A record whose key is the digest of its components, as a run makes it.
  static func sound(
    _ name: String, _ output: StoredContent, stage: String = "Stage", started: Double = 1000, seconds: Double = 1
  ) -> StageRecord {
    let components = [
      KeyComponent(
        name: "stage", kind: .stage, digest: CanonicalValue.list([.text(stage), .text(output.format)]).digest,
        display: stage),
      KeyComponent(name: "name", kind: .parameter, digest: CanonicalValue.text(name).digest, display: name),
    ]
    return StageRecord(
      key: StageRecord.key(of: components), stage: stage, components: components, output: output, started: started,
      cost: RunCost(seconds: seconds, notes: ["“\(name)”"]), environment: ["os": "Debian"])
  }
}

extension ArtifactStore {
  /// Puts bytes and adds a sound record for them.
  @discardableResult
  func save(_ name: String, _ bytes: [UInt8], started: Double = 1000, seconds: Double = 1) throws -> StageRecord {
    let record = StageRecord.sound(
      name, try put(ArtifactContent(bytes: bytes, name: "value.bin"), format: "test/1"), started: started,
      seconds: seconds)
    try add(record)
    return record
  }

  func load(_ key: Digest) throws -> [UInt8]? { try lookup(key).map { try content(of: $0).files[0].bytes() } }

  /// A version of a notebook with one artifact.
  @discardableResult
  func version(_ notebook: String, _ name: String, _ bytes: [UInt8], time: Int64 = 1) throws -> ObjectID? {
    let record = try save("\(notebook) \(name)", bytes)
    return try commit(
      notebook: notebook, artifacts: [NamedContent(name: name, content: record.output)], lock: Array("{}\n".utf8),
      message: name,
      time: time)
  }
}

/// Bytes that do not compress, the same in every run.
func someBytes(_ count: Int, _ seed: UInt64) -> [UInt8] {
  var generator = SplitMix64(seed)
  return Array(generator.bytes(count + 7).prefix(count))
}
