internal import Core
internal import Foundation
internal import Glibc

/// The command lines that run programs sandboxed by bubblewrap: no network, a read-only system, a private `/tmp`, and
/// of everything else only what is declared.
package struct Sandbox: Sendable {
  /// The absolute path of `bwrap`.
  package let bubblewrap: String
  /// The absolute path of `colophon-sandbox`: the first program inside, which has itself watched.
  package let launcher: String

  /// Finds bubblewrap on the `PATH` and the launcher, and makes a sandbox as a trial.
  /// - Parameter library: the folder with Colophon's programs.
  /// - Throws: ``OperationError``, with advice, when one of them is missing or this machine allows no sandbox.
  package init(library: String) throws {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    guard let folder = path.split(separator: ":").first(where: { access("\($0)/bwrap", X_OK) == 0 }) else {
      throw OperationError(
        operation: "make", subject: "a sandbox",
        cause: """
          bwrap is not on the PATH. apt-get install bubblewrap, or verify with --no-sandbox, which the verdict will say
          """)
    }

    bubblewrap = folder + "/bwrap"
    launcher = library + "/colophon-sandbox"
    guard access(launcher, X_OK) == 0 else {
      throw OperationError(
        operation: "make", subject: "a sandbox",
        cause: "\(launcher) does not exist: build the package with `swift build -c release`")
    }

    // Some machines forbid user namespaces, which only a trial shows.
    let attempt = try ToolRun(detached: bubblewrap, Self.isolation + ["--ro-bind", "/", "/", "/bin/true"])
    guard attempt.succeeded else {
      throw OperationError(
        operation: "make", subject: "a sandbox",
        cause: """
          \(attempt.text.isEmpty ? "bwrap failed" : attempt.text). This machine may forbid user namespaces; \
          `--no-sandbox` skips the sandbox
          """)
    }
  }

  private static let isolation = [
    "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
  ]

  /// The command line that runs a program in a sandbox.
  /// - Parameters:
  ///   - program: the program's absolute path.
  ///   - watch: the receiver of the program's accesses, with the program's view of the machine. The started process
  ///     must inherit its ``SandboxWatch/childSocket``.
  package func command(_ program: String, _ arguments: [String] = [], watch: SandboxWatch) -> (
    path: String, arguments: [String]
  ) {
    let view = watch.view
    var words = Self.isolation + ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for path in SandboxView.merged { words += Self.merged(path) }
    for path in SandboxView.system { words += ["--ro-bind-try", path, path] }

    // The working folder is a file system of its own, so that nothing can be written to it, wherever it is.
    words += ["--tmpfs", view.folder]
    // A folder precedes its contents: a later mount covers an earlier one.
    let shown = view.readable.map { ("--ro-bind-try", $0) } + view.writable.map { ("--bind", $0) }
    for (option, path) in shown.sorted(by: { $0.1.utf8.count < $1.1.utf8.count }) where !Self.isSystem(path) {
      words += [option, path, path]
    }

    // Everything is mounted: what is still writable, but was only made to mount on, becomes read-only.
    words += ["--ro-bind", launcher, launcher, "--remount-ro", "/"]
    let isCovered = shown.contains { SandboxView.isEqualOrBelow(view.folder, $0.1) }
    if !isCovered, view.folder != "/" { words += ["--remount-ro", view.folder] }
    words += ["--chdir", view.folder, launcher]
    return (bubblewrap, words + [String(watch.childSocket), program] + arguments)
  }

  /// The options that show a folder which is a link into `/usr` on most machines.
  private static func merged(_ path: String) -> [String] {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &buffer, buffer.count - 1)
    guard count > 0 else { return ["--ro-bind-try", path, path] }
    return ["--symlink", String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self), path]
  }

  /// True for a path that every program sees, as a part of the system.
  package static func isSystem(_ path: String) -> Bool {
    SandboxView.system.contains { SandboxView.isEqualOrBelow(path, $0) }
  }
}
