internal import Core
internal import Foundation
internal import Glibc
internal import NotebookRuntime
internal import Processes
internal import Synchronization

/// The folder of a verification, and the view of the machine that its programs have. The folder is removed with the
/// last reference.
final class VerificationWorkspace: Sendable {
  /// The project of the notebook.
  let project: Project
  /// The notebook's compiled program, absolute.
  let program: String
  /// The sandbox of every program; `nil` when the user wants none.
  let sandbox: Sandbox?
  /// The time and memory that a stage may take.
  let limits: ProcessLimits
  /// The number of threads that a stage may use.
  let threads: Int
  /// The environment variables of every program.
  let environment: ProgramEnvironment
  /// The path of the folder, absolute.
  let folder: String
  /// The folders with Colophon's and Swift's libraries, without which no program starts.
  private let libraries: [String]
  /// The folders where Swift's runtime looks for its helpers; looking there is not a finding.
  private let installation: [String]
  /// The number of files in ``outputs`` so far, which names the next.
  private let lastNumber = Mutex(0)

  /// Makes the folder, and removes those of verifications that were killed.
  /// - Throws: ``OperationError`` when the folder cannot be made.
  init(
    project: Project, program: String, toolchain: Toolchain, sandbox: Sandbox?, limits: ProcessLimits, threads: Int,
    environment: ProgramEnvironment
  ) throws {
    self.project = project
    self.program = program
    self.sandbox = sandbox
    self.limits = limits
    self.threads = threads
    self.environment = environment
    folder = "\(project.verifications)/\(getpid())"
    libraries = toolchain.runtimeFolders
    installation = toolchain.installationFolders
    Self.removeAbandoned(in: project.verifications)
    try? FileManager.default.removeItem(atPath: folder)
    for name in ["outputs", "stages", "program"] { try Self.make(folder + "/" + name) }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Removes folders that are named after processes which have ended.
  private static func removeAbandoned(in parent: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] {
      guard let process = pid_t(name), kill(process, 0) != 0, errno == ESRCH else { continue }
      try? FileManager.default.removeItem(atPath: parent + "/" + name)
    }
  }

  private static func make(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw OperationError(operation: "create the folder", subject: path, cause: error.localizedDescription)
    }
  }

  /// The folder of the outputs that the notebook program can read.
  var outputs: String { folder + "/outputs" }

  /// The view of the notebook program itself: its libraries and the outputs.
  /// - Parameter scratch: the folder it may write to.
  func programView(scratch: String) -> SandboxView {
    SandboxView(
      readable: libraries + [program, outputs], writable: [scratch], folder: project.root, quiet: installation)
  }

  /// The view of a stage: its libraries, its job and input artifacts, and its declared files and folders.
  /// - Parameters:
  ///   - folder: a folder from ``makeStageFolder(_:)``.
  ///   - declared: the paths that it declares, absolute.
  func stageView(of folder: String, declared: [String]) -> SandboxView {
    SandboxView(
      readable: libraries + [program, folder + "/in"] + declared, writable: [folder + "/scratch"], folder: project.root,
      quiet: installation)
  }

  /// The files and folders that a stage declares, absolute.
  func declared(_ request: StageRequest) -> [String] {
    request.inputs.map { $0.path.hasPrefix("/") ? $0.path : project.root + "/" + $0.path }
  }

  /// Makes the folder of one stage's run, with `in` and `scratch` in it.
  /// - Returns: its path.
  func makeStageFolder(_ id: Int) throws -> String {
    let path = "\(folder)/stages/\(id)"
    try Self.make(path + "/in")
    try Self.make(path + "/scratch")
    return path
  }

  // MARK: Contents

  /// Takes a file that a program has written, by moving it to ``outputs``, where no program can write.
  ///
  /// A file that is in ``outputs`` already, such as an input that is passed on, stays there.
  /// - Parameters:
  ///   - path: the file.
  ///   - scratch: the folder that it must be in; a link that leads out of it is refused.
  /// - Throws: ``OperationError`` when the file does not exist, is elsewhere, or is not a regular file.
  func take(file path: String, from scratch: String) throws -> (path: String, digest: Digest, byteCount: Int64) {
    guard let real = realpath(path, nil) else {
      throw OperationError(operation: "take a file of the stage's output", subject: path, cause: "it does not exist")
    }
    defer { free(real) }
    let found = String(cString: real)

    guard let root = realpath(scratch, nil) else {
      throw OperationError(
        operation: "take a file of the stage's output", subject: path, cause: "the stage's folder \(scratch) is gone")
    }
    defer { free(root) }
    let isOutput = found.hasPrefix(outputs + "/")
    guard found.hasPrefix(String(cString: root) + "/") || isOutput else {
      throw OperationError(
        operation: "take a file of the stage's output", subject: path,
        cause: "it is outside of the stage's own folder")
    }

    // Hashed before it is moved: the digest is of the bytes that are kept, since the program has ended.
    let (digest, byteCount) = try Self.hash(found)
    if isOutput { return (found, digest, byteCount) }
    let target = nextTarget()
    guard rename(found, target) == 0 else {
      throw OperationError(
        operation: "take a file of the stage's output", subject: path,
        cause: "moving it to \(target): \(String(cString: strerror(errno)))")
    }
    chmod(target, 0o444)
    return (target, digest, byteCount)
  }

  /// Takes content that the notebook program itself has written.
  /// - Returns: the path in ``outputs``.
  /// - Throws: ``OperationError`` when its digest is not the one that the program states.
  func take(upload path: String, digest: Digest) throws -> String {
    let own = project.scratch + "/\(getpid())"
    let taken = try take(file: path, from: path.hasPrefix(own) ? own : folder + "/program")
    guard taken.digest == digest else {
      throw OperationError(
        operation: "take an artifact of the notebook", subject: path,
        cause: "it does not have the digest that the notebook states")
    }
    return taken.path
  }

  /// Takes content that a stage has written and goes on using, by a copy of it.
  /// - Parameters:
  ///   - path: the file.
  ///   - scratch: the folder of the stage, which it must be in.
  /// - Returns: the path in ``outputs``.
  /// - Throws: ``OperationError`` when it is elsewhere, or when its digest is not the one that the stage states.
  func copy(upload path: String, digest: Digest, from scratch: String) throws -> String {
    func failure(_ cause: String) -> OperationError {
      OperationError(operation: "take an artifact of the stage", subject: path, cause: cause)
    }
    let parts = path.split(separator: "/")
    guard path.hasPrefix(scratch + "/"), !parts.contains("..") else {
      throw failure("it is outside of the stage's own folder")
    }
    // Opened without following a link, which could lead out of the folder; then only the copy is looked at.
    let source = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard source >= 0 else { throw failure(String(cString: strerror(errno))) }
    defer { close(source) }
    guard let real = realpath("/proc/self/fd/\(source)", nil) else { throw failure(String(cString: strerror(errno))) }
    defer { free(real) }
    guard let root = realpath(scratch, nil) else { throw failure("the stage's folder is gone") }
    defer { free(root) }
    guard String(cString: real).hasPrefix(String(cString: root) + "/") else {
      throw failure("it is outside of the stage's own folder")
    }

    let target = nextTarget()
    do {
      try FileManager.default.copyItem(atPath: String(cString: real), toPath: target)
    } catch {
      throw failure(error.localizedDescription)
    }
    guard try Self.hash(target).0 == digest else {
      try? FileManager.default.removeItem(atPath: target)
      throw failure("it does not have the digest that the stage states")
    }
    chmod(target, 0o444)
    return target
  }

  /// Shows a file of ``outputs`` to one stage, under another path.
  /// - Returns: that path.
  func show(_ path: String, as target: String) throws -> String {
    guard link(path, target) != 0 else { return target }
    // A link fails where the file has too many names already.
    do {
      try FileManager.default.copyItem(atPath: path, toPath: target)
    } catch {
      throw OperationError(operation: "show the file to a stage", subject: path, cause: error.localizedDescription)
    }
    return target
  }

  /// Puts a recorded file into ``outputs``, at once under its final name.
  /// - Returns: its path.
  func place(recorded file: ContentFile) throws -> String {
    let target = "\(outputs)/recorded-\(file.digest.hexadecimal)"
    if FileManager.default.fileExists(atPath: target) { return target }
    let draft = nextTarget()
    if let source = try? file.path(),
      link(source, draft) == 0 || (try? FileManager.default.copyItem(atPath: source, toPath: draft)) != nil
    {
      rename(draft, target)
      return target
    }
    try Data(try file.bytes()).write(to: URL(fileURLWithPath: draft))
    rename(draft, target)
    return target
  }

  private func nextTarget() -> String {
    let number = lastNumber.withLock { number in
      number += 1
      return number
    }
    return "\(outputs)/\(number)"
  }

  /// The SHA-256 and the size in bytes of a regular file.
  private static func hash(_ path: String) throws -> (Digest, Int64) {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      if descriptor >= 0 { close(descriptor) }
      throw OperationError(
        operation: "take a file of the stage's output", subject: path, cause: "it is not a regular file")
    }
    close(descriptor)
    return try FileBytes.digest(path)
  }
}
