import ArtifactStore
import Core
import Foundation
import TestSupport
import Testing

/// A process that writes is killed at random instants; what it said was finished must be there.
struct KillTests {
  private static let variable = "COLOPHON_KILL_TEST_ROOT"
  private static var root: String? { ProcessInfo.processInfo.environment[variable] }

  /// Not a test by itself: what the killed process runs. It appends a name to `said` after the name's record is
  /// durable.
  @Test(.enabled(if: root != nil)) func `The process that is killed`() throws {
    let root = try #require(Self.root)
    let store = try ArtifactStore(project: Project(root: root))
    if !FileManager.default.fileExists(atPath: root + "/said") {
      try Data().write(to: URL(fileURLWithPath: root + "/said"))
    }
    let said = try #require(FileHandle(forWritingAtPath: root + "/said"))
    try said.seekToEnd()
    let run = UInt64.random(in: 0...UInt64.max)
    for number in 0... {
      let name = "\(run) \(number)"
      try store.save(name, KillTests.bytes(name))
      if number % 5 == 4 {
        try store.flush()
        try said.write(contentsOf: Data((0...4).map { "\(run) \(number - $0)\n" }.joined().utf8))
      }
      if number % 11 == 10 {
        let artifacts = [NamedContent(name: "v", content: try #require(try store.lookup(Digest(of: name))).output)]
        _ = try store.commit(notebook: "n", artifacts: artifacts, lock: [], message: name, time: Int64(number))
      }
    }
  }

  private static func bytes(_ name: String) -> [UInt8] {
    var generator = SplitMix64(UInt64(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) }.magnitude))
    let long = name.utf8.last == UInt8(ascii: "3")
    return generator.bytes(long ? 1_500_000 : 6000)
  }

  @Test(.enabled(if: root == nil)) func `A kill at any instant leaves a sound store with everything that was finished`()
    throws
  {
    let workplace = try Workplace()
    var generator = SplitMix64(UInt64(ProcessInfo.processInfo.processIdentifier))
    for _ in 0..<8 {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      process.arguments = try Self.arguments()
      process.environment = ProcessInfo.processInfo.environment.merging([Self.variable: workplace.root]) { $1 }
      let printed = workplace.root + "/printed"
      try Data().write(to: URL(fileURLWithPath: printed))
      let output = try #require(FileHandle(forWritingAtPath: printed))
      process.standardOutput = output
      process.standardError = output
      try process.run()
      // A task's sleep ends late when other tests hold all threads, and gigabytes are written meanwhile.
      Thread.sleep(forTimeInterval: .random(in: 0.25...0.9, using: &generator))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      let text = String(decoding: try workplace.read(printed), as: UTF8.self)
      #expect(process.terminationReason == .uncaughtSignal, "\(text)")
      if FileManager.default.fileExists(atPath: workplace.repository) { #expect(try workplace.faults().isEmpty) }
    }
    let said = String(decoding: try workplace.read(workplace.root + "/said"), as: UTF8.self)
    let names = said.split(separator: "\n").map(String.init)
    #expect(!names.isEmpty)
    for pass in 0..<2 {
      let store = try workplace.open()
      for name in names { #expect(try store.load(name) == Self.bytes(name)) }
      for version in try store.log(notebook: "n") {
        for artifact in try store.artifacts(at: version.id.hexadecimal) {
          _ = try store.content(of: artifact.content).path()
        }
      }
      // Once with the index that the killed processes left, once with one made from the repository.
      if pass == 0 { try FileManager.default.removeItem(atPath: workplace.root + "/.colophon") }
    }
    #expect(workplace.looseObjects.isEmpty)
  }

  /// This process's arguments, for running only the process that is killed.
  private static func arguments() throws -> [String] {
    let own = try Data(contentsOf: URL(fileURLWithPath: "/proc/self/cmdline")).split(separator: 0).map {
      String(decoding: $0, as: UTF8.self)
    }
    var arguments = Array(own.dropFirst())
    while let position = arguments.firstIndex(of: "--filter") {
      arguments.removeSubrange(position...min(position + 1, arguments.count - 1))
    }
    return arguments + ["--filter", "The_process_that_is_killed|The process that is killed"]
  }
}
