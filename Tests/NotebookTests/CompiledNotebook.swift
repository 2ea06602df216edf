import Foundation
import Notebook
import TestSupport
import Testing

/// Compiles generated programs with the real compiler against a small runtime of the same interface, and runs them.
struct CompiledNotebook {
  var compilerOutput: String
  var output: String?

  /// - Parameter parameters: what the run gives the program's parameters.
  init(_ program: NotebookProgram, parameters: [String: String] = [:]) throws {
    let runtime = try Self.runtime.get()
    let folder = URL(filePath: try temporaryFolder("notebook"))
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = folder.appending(path: "program.swift")
    try program.source.write(to: source, atomically: true, encoding: .utf8)
    let binary = folder.appending(path: "program")
    let compiled = try Self.run(
      ["swiftc"] + Self.flags + [
        "-diagnostic-style", "llvm", "-I", runtime.path, "-L", runtime.path, "-lColophon", "-Xlinker", "-rpath",
        "-Xlinker",
        runtime.path, source.path, "-o", binary.path,
      ])
    compilerOutput = compiled.output
    let values = parameters.map { "PARAMETER_\($0.key)=\($0.value)" }
    output = compiled.status == 0 ? try Self.run(["env"] + values + [binary.path]).output : nil
  }

  private static let flags = [
    "-swift-version", "6", "-parse-as-library", "-enable-upcoming-feature", "NonisolatedNonsendingByDefault",
  ]

  private static let runtime = Result { () throws -> URL in
    let folder = URL(filePath: try temporaryFolder("notebook"))
    let source = folder.appending(path: "Colophon.swift")
    try runtimeSource.write(to: source, atomically: true, encoding: .utf8)
    let built = try run(
      ["swiftc"] + flags + [
        "-emit-module", "-emit-module-path", folder.path + "/Colophon.swiftmodule", "-emit-library", "-module-name",
        "Colophon",
        source.path, "-o", folder.path + "/libColophon.so",
      ])
    try #require(built.status == 0, "\(built.output)")

    // Programs import the runtime by its own name; here all of it is in the library above.
    let empty = folder.appending(path: "NotebookRuntime.swift")
    try "".write(to: empty, atomically: true, encoding: .utf8)
    let module = ["-emit-module", "-emit-module-path", folder.path + "/NotebookRuntime.swiftmodule"]
    let named = try run(["swiftc"] + flags + module + ["-module-name", "NotebookRuntime", empty.path])
    try #require(named.status == 0, "\(named.output)")
    return folder
  }

  private static func run(_ command: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  private static let runtimeSource = """
    internal import Foundation
    public struct Digest: Sendable { public init?(hexadecimal: String) { text = hexadecimal }; public var text: String }
    public protocol Stage: Codable, Sendable {
      static var codeDigest: Digest? { get }
      func run() async throws -> Int
    }
    extension Stage {
      public static var codeDigest: Digest? { nil }
      public func callAsFunction() async throws -> Int { try await run() }
    }
    public final class CellRun<V> {
      struct Missing: Error {}
      let body: () async throws -> V
      var result: Result<V, any Error>?
      init(_ body: @escaping () async throws -> V) { self.body = body }
      public func run() async { do { result = .success(try await body()) } catch { print("failed: \\(error)") } }
      public var value: V {
        get throws {
          guard let result else { throw Missing() }
          return try result.get()
        }
      }
    }
    public final class NotebookRun {
      public static func begin(stages: [any Stage.Type]) async -> NotebookRun { NotebookRun() }
      public func parameter<V: LosslessStringConvertible>(_ name: String) -> V {
        guard let value = getenv("PARAMETER_" + name).flatMap({ V(String(cString: $0)) }) else { fatalError(name) }
        return value
      }
      public func cell<V>(_ id: Int, needs: [Int], _ body: @escaping () async throws \
      -> V) -> CellRun<V> { CellRun(body) }
      public func inline<V>(_ id: Int, needs: [Int], _ body: @escaping () async throws -> V) -> CellRun<Void> {
        CellRun { print("inline \\(id): \\(try await body())") }
      }
      public func at(_ cell: Int, _ line: Int) {}
      public func show<T>(_ value: T) { print(value) }
      public func show(_ value: Void) {}
      public func finish() async {}
    }
    """
}
