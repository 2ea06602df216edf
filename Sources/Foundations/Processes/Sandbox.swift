internal import Core
internal import Foundation
internal import Glibc

/// Shuts programs in with bubblewrap: no network, a read-only system, a private `/tmp`, and of everything else only what is declared.
package struct Sandbox: Sendable {
  /// `bwrap`, absolute.
  package let bubblewrap: String
  /// `colophon-sandbox`, absolute: the first program within, which has itself watched.
  package let launcher: String

  /// Looks for bubblewrap on the `PATH` and for the launcher, and tries whether this machine lets a sandbox be made.
  /// - Parameter library: the folder that Colophon's programs lie in.
  /// - Throws: ``OperationError`` with what to do.
  package init(library: String) throws {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    guard let folder = path.split(separator: ":").first(where: { access("\($0)/bwrap", X_OK) == 0 }) else {
      throw OperationError(
        operation: "make", subject: "a sandbox",
        cause:
          "bwrap is not on the PATH. apt-get install bubblewrap, or verify with --no-sandbox, which the verdict will say"
      )
    }
    bubblewrap = folder + "/bwrap"
    launcher = library + "/colophon-sandbox"
    guard access(launcher, X_OK) == 0 else {
      throw OperationError(
        operation: "make", subject: "a sandbox",
        cause: "\(launcher) is not there: build the package with `swift build -c release`")
    }
    let attempt = try ChildProcess.run(bubblewrap, Self.isolation + ["--ro-bind", "/", "/", "/bin/true"])
    guard attempt.ending == .exited(0) else {
      let words = String(decoding: attempt.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      throw OperationError(
        operation: "make", subject: "a sandbox",
        cause:
          "\(words.isEmpty ? "bwrap failed" : words). This machine may forbid user namespaces; `--no-sandbox` does without"
      )
    }
  }

  private static let isolation = [
    "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
  ]

  /// The command line that runs a program in a sandbox.
  /// - Parameter watch: who is sent the watch, with what the program sees; the started process must inherit its ``SandboxWatch/childSocket``.
  package func command(_ program: String, _ arguments: [String] = [], watch: SandboxWatch) -> (
    path: String, arguments: [String]
  ) {
    let view = watch.view
    var words = Self.isolation + ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/tmp/home"]
    for path in SandboxView.merged { words += Self.merged(path) }
    for path in SandboxView.system { words += ["--ro-bind-try", path, path] }
    // The working folder is a file system of its own, so that nothing can be written to it wherever it lies.
    words += ["--tmpfs", view.folder]
    // A folder before what lies in it: a later mount covers an earlier one.
    let shown = view.readable.map { ("--ro-bind-try", $0) } + view.writable.map { ("--bind", $0) }
    for (option, path) in shown.sorted(by: { $0.1.utf8.count < $1.1.utf8.count }) where !Self.isSystem(path) {
      words += [option, path, path]
    }
    words += ["--ro-bind", launcher, launcher, "--remount-ro", "/"]
    let isCovered = shown.contains { SandboxView.isEqualOrBelow(view.folder, $0.1) }
    if !isCovered, view.folder != "/" { words += ["--remount-ro", view.folder] }
    words += ["--chdir", view.folder, launcher]
    return (bubblewrap, words + [String(watch.childSocket), program] + arguments)
  }

  /// The environment of a program in a sandbox: nothing of the user's but what tells libraries how to compute.
  package static func environment(adding own: [String: String] = [:]) -> [String: String] {
    let kept = [
      "OPENBLAS_", "OMP_", "GOMP_", "MKL_", "DNNL_", "ONEDNN_", "ATEN_", "SWIFT_BACKTRACE", "LD_LIBRARY_PATH",
    ]
    var environment = ProcessInfo.processInfo.environment.filter { entry in kept.contains { entry.key.hasPrefix($0) } }
    environment["PATH"] = "/usr/local/bin:/usr/bin:/bin"
    environment["HOME"] = "/tmp/home"
    environment["LANG"] = "C.UTF-8"
    environment["TZ"] = "UTC"
    return environment.merging(own) { $1 }
  }

  private static func merged(_ path: String) -> [String] {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &buffer, buffer.count - 1)
    guard count > 0 else { return ["--ro-bind-try", path, path] }
    return ["--symlink", String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self), path]
  }

  /// Whether every program sees this path, as a part of the system.
  package static func isSystem(_ path: String) -> Bool {
    SandboxView.system.contains { SandboxView.isEqualOrBelow(path, $0) }
  }
}
