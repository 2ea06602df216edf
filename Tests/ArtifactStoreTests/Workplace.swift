import ArtifactStore
import Core
import Foundation
import Synchronization
import TestSupport
import Testing

/// A temporary project with a store, removed at the end of its life.
final class Workplace: Sendable {
  let root: String
  private let messages = Mutex<[String]>([])

  init() throws {
    root = try temporaryFolder("store")
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  var repository: String { root + "/Artifacts/store.git" }
  var index: String { root + "/.colophon/index.sqlite" }
  /// The messages of the stores.
  var reports: [String] { messages.withLock { $0 } }

  func open() throws -> ArtifactStore {
    try ArtifactStore(project: Project(root: root)) { message in
      self.messages.withLock { $0.append(message) }
    }
  }

  /// Writes a file under the root.
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let path = root + "/" + name
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

  /// Runs a program.
  /// - Returns: what it printed, both streams.
  func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: [UInt8]) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, Array(output))
  }

  func git(_ arguments: String...) throws -> (status: Int32, text: String) {
    let (status, output) = try run("git", ["-C", repository] + arguments)
    return (status, String(decoding: output, as: UTF8.self))
  }

  /// Complaints of `git fsck`; objects that nothing names are none.
  func faults() throws -> [String] {
    let (status, text) = try git("fsck", "--strict", "--full", "--no-dangling")
    let lines = text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("notice:") }
    return status == 0 && lines.isEmpty ? [] : lines + ["status \(status)"]
  }

  var packs: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: repository + "/objects/pack")) ?? []
    return names.filter { $0.hasSuffix(".pack") }
  }

  var looseObjects: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: repository + "/objects")) ?? []
    return names.filter { $0.count == 2 }
  }
}

/// A record of a stage named `Stage`.
func someRecord(_ name: String, _ output: StoredContent, started: Double = 1000, seconds: Double = 0) -> StageRecord {
  StageRecord(
    key: Digest(of: name), stage: "Stage",
    components: [KeyComponent(name: "name", kind: .parameter, digest: Digest(of: name), display: name)], output: output,
    started: started,
    cost: RunCost(
      seconds: seconds, measurements: [.init(name: "rate", value: .nan, unit: "")], notes: ["“\(name)” / noted"]),
    environment: ["threads": "2"])
}

extension ArtifactStore {
  /// Puts bytes and adds a record for them.
  @discardableResult
  func save(_ name: String, _ bytes: [UInt8], started: Double = 1000, seconds: Double = 0) throws -> StoredContent {
    let stored = try put(ArtifactContent(bytes: bytes, name: "value.json"), format: "test/1")
    try add(someRecord(name, stored, started: started, seconds: seconds))
    return stored
  }

  func load(_ name: String) throws -> [UInt8]? {
    try lookup(Digest(of: name)).map { try content(of: $0).files[0].bytes() }
  }
}
