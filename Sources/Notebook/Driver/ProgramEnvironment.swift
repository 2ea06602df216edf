internal import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime

/// The environment variables of a notebook's program, of its stages, and of every program that they start: the same in
/// a run, a plan and a verification, and on every machine.
///
/// A program sees the fixed values, the machine's own that are named below, and what the notebook declares. Nothing
/// else of the user's environment reaches it.
package struct ProgramEnvironment: Sendable {
  /// The home folder of every program: nothing can be read from it or made in it, so that no result depends on it and
  /// nothing passes from one stage to the next through it. A program that needs a home is given one by the stage that
  /// starts it, such as the stage's scratch folder.
  package static let home = "/dev/null"

  /// The folder for temporary files. In a verification it is the program's own.
  package static let temporaryFolder = "/tmp"

  /// The values that are the same everywhere.
  ///
  /// Swift and Python take their hash seed from the environment: without one, the order of a set is another one in each
  /// process. Foundation looks a user's home up in the system's table unless `CFFIXED_USER_HOME` names one.
  package static let fixed = [
    "SWIFT_DETERMINISTIC_HASHING": "1", "PYTHONHASHSEED": "0",
    "TZ": "UTC", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
    "HOME": home, "CFFIXED_USER_HOME": home, "TMPDIR": temporaryFolder,
    "PATH": "/usr/local/bin:/usr/bin:/bin",
  ]

  /// The beginnings of the names of variables that belong to the machine: they say where its libraries are and how many
  /// threads and which kernels these compute with, not what is computed. A program without them would not start, or
  /// not use the machine as its user says. `LLVM_PROFILE_FILE` says where an instrumented program leaves its profile.
  private static let machine = [
    "OPENBLAS_", "OMP_", "GOMP_", "MKL_", "DNNL_", "ONEDNN_", "ATEN_", "LD_LIBRARY_PATH", "LIBTORCH",
    "LLVM_PROFILE_FILE",
  ]

  /// All variables, without those that one program has for itself.
  package let variables: [String: String]
  /// The values of the secrets that are set.
  private let secretValues: [String]

  /// The environment of a notebook's programs.
  /// - Parameters:
  ///   - declared: the names of variables that pass from the user's environment, and count in keys.
  ///   - secrets: the names of variables that pass too, and count in nothing.
  ///   - user: the user's environment.
  package init(
    declared: [String] = [], secrets: [String] = [],
    user: [String: String] = ProcessInfo.processInfo.environment
  ) {
    var variables = user.filter { entry in Self.machine.contains { entry.key.hasPrefix($0) } }
    // Between two parallel regions the workers of OpenMP spin, by default so long that they burn their cores while
    // one thread works.
    if variables["GOMP_SPINCOUNT"] == nil, variables["OMP_WAIT_POLICY"] == nil {
      variables["GOMP_SPINCOUNT"] = "1000"
    }
    variables.merge(Self.fixed) { $1 }

    // A declared variable may be one of the fixed ones: the notebook then has the user's, and keys count it.
    for name in declared + secrets { variables[name] = user[name] ?? variables[name] }
    variables["CFFIXED_USER_HOME"] = variables["HOME"]
    if !declared.isEmpty { variables[DeclaredVariables.namesVariable] = declared.joined(separator: "\n") }
    if !secrets.isEmpty { variables[Secrets.namesVariable] = secrets.joined(separator: "\n") }
    self.variables = variables
    secretValues = secrets.compactMap { user[$0] }
  }

  /// The environment of a notebook's programs, with what its front matter declares.
  init(_ document: NotebookDocument) {
    self.init(declared: document.frontMatter.environment, secrets: document.frontMatter.secrets)
  }

  /// A warning for each variable that a notebook reads by name and that its program does not have, at its first read.
  static func warnings(
    about reads: [VariableRead], in document: NotebookDocument, at lines: LineMap
  ) -> [Diagnostic] {
    var known = Set(document.frontMatter.environment + document.frontMatter.secrets + fixed.keys)
    return reads.compactMap { read in
      let isMachine = machine.contains { read.name.hasPrefix($0) } || read.name.hasPrefix("COLOPHON_")
      guard !isMachine, known.insert(read.name).inserted else { return nil }
      let place = lines.locate(.cell(read.cell), line: read.line, column: read.column) ?? (line: 1, column: 1)
      return Diagnostic(
        .warning,
        "`\(read.name)` is not declared: the stage sees nothing. Name it under `environment:` in the front matter",
        file: document.file, line: place.line, column: place.column)
    }
  }

  /// All variables with those of one program.
  /// - Parameters:
  ///   - own: variables of Colophon's, which replace others.
  ///   - folder: the working folder, which a sandbox puts into `PWD` by itself.
  package func adding(_ own: [String: String], folder: String) -> [String: String] {
    variables.merging(["PWD": folder]) { $1 }.merging(own) { $1 }
  }

  /// A text in which the values of secrets are replaced.
  package func redacted(_ text: String) -> String { Secrets.redacted(text, secretValues) }
}
