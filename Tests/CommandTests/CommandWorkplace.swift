import Foundation
import TestSupport
import Testing

/// A project in a temporary folder, and the command as users call it.
final class CommandWorkplace {
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String
  }

  /// The command from the same build as the tests, whichever folder that build is in.
  static let command = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "colophon").path

  let root: URL

  init() throws {
    root = URL(fileURLWithPath: temporaryPath("project"))
    try FileManager.default.createDirectory(at: root.appending(path: "Artifacts"), withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func write(_ name: String, _ text: String) throws { try write(name, bytes: Array(text.utf8)) }

  func write(_ name: String, bytes: [UInt8]) throws { try Data(bytes).write(to: root.appending(path: name)) }

  func read(_ name: String) throws -> String { try String(contentsOf: root.appending(path: name), encoding: .utf8) }

  /// The command, not started yet; what it prints goes to the files `NAME.output` and `NAME.errors`.
  func process(_ arguments: [String], as name: String = "") throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.command)
    process.arguments = arguments
    process.currentDirectoryURL = root
    for kind in ["output", "errors"] { try write("\(name).\(kind)", "") }
    process.standardOutput = try FileHandle(forWritingTo: root.appending(path: "\(name).output"))
    process.standardError = try FileHandle(forWritingTo: root.appending(path: "\(name).errors"))
    return process
  }

  /// Runs the command to its end.
  @discardableResult
  func colophon(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
    try colophon(arguments, environment: environment)
  }

  /// Runs the command to its end.
  /// - Parameter environment: variables that it has besides the test's own.
  @discardableResult
  func colophon(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
    let process = try process(arguments)
    // Tests of tensors, which run in this process too, tell OpenMP how to wait.
    let own = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GOMP_") && !$0.key.hasPrefix("OMP_") }
    process.environment = own.merging(environment) { $1 }
    try process.run()
    process.waitUntilExit()
    return Outcome(status: process.terminationStatus, output: try read(".output"), errors: try read(".errors"))
  }

  /// Names of the stages that ran, in order, from the lines that a run prints.
  static func ran(_ errors: String) -> [String] {
    errors.split(separator: "\n").filter { $0.hasPrefix("done ") }.map { String($0.split(separator: " ")[1]) }
  }
}
