package import Core
internal import Foundation
internal import Glibc
internal import Processes

/// Looks at everything that a run needs on this machine.
package enum Doctor {
  package struct Finding: Codable, Sendable {
    package enum State: String, Codable, Sendable { case good, warning, bad }
    package var subject: String
    package var state: State
    /// What was found, and for anything but good what to do.
    package var detail: String
  }

  /// - Parameter project: whose folders are looked at.
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
    if let toolchain {
      for (library, use, package) in libraries {
        findings.append(loads(toolchain.library + "/" + library, use, package))
      }
      findings.append(worker(toolchain.library + "/colophon-train-worker"))
      findings.append(sandbox(toolchain.library))
    }
    findings.append(linearAlgebra())
    findings.append(font())
    findings.append(languageModel(project))
    findings += [writable(project.artifacts), writable(project.cache), space(project)]
    return findings
  }

  private static let libraries = [
    ("libColophonTorch.so", "tensors and training", "libtorch-dev libopenblas0-openmp"),
    ("libColophonVips.so", "pictures", "libvips-dev"),
    ("libColophonSentencePiece.so", "tokenizers", "libsentencepiece-dev"),
    ("libColophonFastText.so", "language identification", "libfasttext-dev"),
    ("libColophonICU.so", "word boundaries", "libicu-dev"),
  ]

  private static func compiler(_ toolchain: Toolchain) -> Finding {
    guard let (ending, output) = try? ChildProcess.run(toolchain.compiler, ["--version"]), ending == .exited(0) else {
      return Finding(
        subject: "Swift", state: .bad, detail: "\(toolchain.compiler) does not run; install Swift 6.2 or newer")
    }
    let line = String(decoding: output, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
    return Finding(subject: "Swift", state: .good, detail: line)
  }

  private static func loads(_ path: String, _ use: String, _ package: String) -> Finding {
    let subject = URL(fileURLWithPath: path).lastPathComponent
    guard dlopen(path, RTLD_NOW | RTLD_LOCAL) != nil else {
      let reason = String(cString: dlerror())
      return Finding(
        subject: subject, state: .bad, detail: "\(use): \(reason). apt-get install \(package), then build again")
    }
    return Finding(subject: subject, state: .good, detail: use)
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
    let gigabytes = Double(status.f_bavail) * Double(status.f_frsize) / 1e9
    return Finding(
      subject: "disk", state: gigabytes < 2 ? .warning : .good,
      detail: "\((gigabytes * 10).rounded() / 10) GB free" + (gigabytes < 2 ? ": runs may fill it; free some" : ""))
  }
}
