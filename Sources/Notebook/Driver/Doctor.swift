package import Core
internal import Foundation
internal import Glibc
internal import Processes
internal import TextFormatting

/// Examines everything that a run needs on this machine.
package enum Doctor {
  /// The state of one thing that a run needs.
  package struct Finding: Codable, Sendable {
    /// Good; usable with a loss; or in the way of every run.
    package enum State: String, Codable, Sendable { case good, warning, bad }
    /// The thing, in a few words.
    package var subject: String
    /// Its state.
    package var state: State
    /// The thing that was found; for a state that is not good, with the remedy.
    package var detail: String
  }

  /// Examines the machine. Libraries are loaded into this process.
  /// - Parameter project: the project whose folders are examined.
  /// - Returns: the findings in the order of printing.
  package static func examine(_ project: Project) -> [Finding] {
    var findings: [Finding] = []

    let toolchain: Toolchain?
    do {
      let found = try Toolchain()
      toolchain = found
      findings.append(compiler(found))
    } catch {
      toolchain = nil
      findings.append(Finding(subject: "Swift", state: .bad, detail: "\(error)"))
    }
    // Everything else of Colophon's own is in the toolchain's folder.
    if let toolchain {
      for library in libraries { findings.append(load(library, from: toolchain.library)) }
      findings.append(worker(toolchain.library + "/colophon-train-worker"))
      findings.append(sandbox(toolchain.library))
    }

    findings.append(linearAlgebra())
    findings.append(font())
    findings.append(languageModel(project))
    findings += [writable(project.artifacts), writable(project.cache), space(project)]
    return findings
  }

  /// A library that is loaded when it is needed.
  private struct Library {
    var name: String
    var use: String
    /// The Debian packages that it needs.
    var packages: String
  }

  private static let libraries = [
    Library(
      name: "libColophonTorch.so", use: "tensors and training", packages: "libtorch-dev libopenblas0-openmp"),
    Library(name: "libColophonVips.so", use: "pictures", packages: "libvips-dev"),
    Library(name: "libColophonSentencePiece.so", use: "tokenizers", packages: "libsentencepiece-dev"),
    Library(name: "libColophonFastText.so", use: "language identification", packages: "libfasttext-dev"),
    Library(name: "libColophonICU.so", use: "word boundaries", packages: "libicu-dev"),
  ]

  private static func compiler(_ toolchain: Toolchain) -> Finding {
    guard let run = try? ToolRun(detached: toolchain.compiler, ["--version"]), run.succeeded else {
      return Finding(
        subject: "Swift", state: .bad, detail: "\(toolchain.compiler) does not run; install Swift 6.2 or newer")
    }
    let line = run.text.split(separator: "\n").first.map(String.init) ?? ""
    return Finding(subject: "Swift", state: .good, detail: line)
  }

  private static func load(_ library: Library, from folder: String) -> Finding {
    guard dlopen("\(folder)/\(library.name)", RTLD_NOW | RTLD_LOCAL) != nil else {
      let reason = String(cString: dlerror())
      return Finding(
        subject: library.name, state: .bad,
        detail: "\(library.use): \(reason). apt-get install \(library.packages), then build again")
    }
    return Finding(subject: library.name, state: .good, detail: library.use)
  }

  private static func worker(_ path: String) -> Finding {
    access(path, X_OK) == 0
      ? Finding(subject: "colophon-train-worker", state: .good, detail: "trainings of several processes")
      : Finding(
        subject: "colophon-train-worker", state: .warning,
        detail: "\(path) is not there: a training of several processes cannot start them; build the whole package")
  }

  private static func sandbox(_ library: String) -> Finding {
    do {
      return Finding(
        subject: "sandbox", state: .good, detail: "\(try Sandbox(library: library).bubblewrap), for `colophon verify`")
    } catch {
      return Finding(subject: "sandbox", state: .warning, detail: "\(error)")
    }
  }

  private static func linearAlgebra() -> Finding {
    for folder in ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"] {
      guard let path = realpath(folder + "/libblas.so.3", nil) else { continue }
      defer { free(path) }
      let name = String(cString: path)
      let fast = name.contains("openblas") || name.contains("mkl") || name.contains("blis")
      return Finding(
        subject: "BLAS", state: fast ? .good : .warning,
        detail: fast ? name : "\(name) is the reference one, many times slower: apt-get install libopenblas0-openmp")
    }
    return Finding(
      subject: "BLAS", state: .bad, detail: "there is no libblas.so.3: apt-get install libopenblas0-openmp")
  }

  private static func font() -> Finding {
    let path = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
    return access(path, R_OK) == 0
      ? Finding(subject: "emoji font", state: .good, detail: path)
      : Finding(subject: "emoji font", state: .warning, detail: "not installed: apt-get install fonts-noto-color-emoji")
  }

  private static func languageModel(_ project: Project) -> Finding {
    let path = project.cache + "/data/lid.176.ftz"
    return access(path, R_OK) == 0
      ? Finding(subject: "language identifier", state: .good, detail: path)
      : Finding(subject: "language identifier", state: .warning, detail: "\(path) is missing: `make setup` gets it")
  }

  private static func writable(_ path: String) -> Finding {
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return access(path, W_OK) == 0
      ? Finding(subject: "folder", state: .good, detail: path)
      : Finding(subject: "folder", state: .bad, detail: "cannot write to \(path): \(String(cString: strerror(errno)))")
  }

  private static func space(_ project: Project) -> Finding {
    var status = statvfs()
    guard statvfs(project.root, &status) == 0 else {
      return Finding(subject: "disk", state: .warning, detail: "cannot tell the free space of \(project.root)")
    }
    let free = Int64(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
    let isScarce = free < 2_000_000_000
    return Finding(
      subject: "disk", state: isScarce ? .warning : .good,
      detail: "\(NumberText.bytes(free)) free" + (isScarce ? ": runs may fill it; free some" : ""))
  }
}
