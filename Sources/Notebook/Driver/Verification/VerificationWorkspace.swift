internal import Core
internal import Foundation
internal import Glibc
internal import NotebookRuntime
internal import Processes
internal import Synchronization

/// Where a verification takes place: its folder, its program, what programs in it may see and use. The folder goes when the room does.
final class VerificationWorkspace: Sendable {
  let project: Project
  /// The notebook's compiled program, absolute.
  let program: String
  /// `nil` when the user wants none.
  let sandbox: Sandbox?
  let limits: ProcessLimits
  /// Threads that a stage may use.
  let threads: Int
  /// Absolute.
  let folder: String
  /// What every program needs to be loaded: Colophon's libraries and Swift's.
  private let libraries: [String]
  private let installation: [String]
  private let nextPlace = Mutex(0)

  /// - Throws: ``DriverError`` when the folder cannot be made.
  init(
    project: Project, program: String, toolchain: Toolchain, sandbox: Sandbox?, limits: ProcessLimits, threads: Int
  ) throws {
    self.project = project
    self.program = program
    self.sandbox = sandbox
    self.limits = limits
    self.threads = threads
    folder = project.cache + "/verify/\(getpid())"
    libraries = toolchain.runtimeFolders
    installation = toolchain.installationFolders
    Self.removeAbandoned(in: project.cache + "/verify")
    try? FileManager.default.removeItem(atPath: folder)
    for name in ["outputs", "stages", "program"] { try Self.make(folder + "/" + name) }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Removes the rooms of verifications that were killed: folders named after processes that are no more.
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
      throw DriverError("cannot make \(path): \(error.localizedDescription)")
    }
  }

  var outputs: String { folder + "/outputs" }

  /// What the notebook program itself sees: its libraries and the outputs.
  /// - Parameter scratch: the folder it may write to.
  func programView(scratch: String) -> SandboxView {
    SandboxView(
      readable: libraries + [program, outputs], writable: [scratch], folder: project.root, quiet: installation)
  }

  /// What a stage sees: its libraries, its job and input artifacts, and what it declares.
  /// - Parameters:
  ///   - folder: as ``makeStageFolder(_:)`` gives it.
  ///   - declared: absolute.
  func stageView(of folder: String, declared: [String]) -> SandboxView {
    SandboxView(
      readable: libraries + [program, folder + "/in"] + declared, writable: [folder + "/scratch"], folder: project.root,
      quiet: installation)
  }

  /// Files and folders that a stage declares, absolute.
  func declared(_ request: StageRequest) -> [String] {
    request.inputs.map { $0.path.hasPrefix("/") ? $0.path : project.root + "/" + $0.path }
  }

  /// A folder for one stage's run, with `in` and `scratch` in it.
  func makeStageFolder(_ id: Int) throws -> String {
    let path = "\(folder)/stages/\(id)"
    try Self.make(path + "/in")
    try Self.make(path + "/scratch")
    return path
  }

  // MARK: Contents

  /// Takes a file that a program in the room has written, by moving it where nobody writes any more.
  /// - Parameter scratch: the folder it must lie in; a link that leads out of it is refused.
  func take(file path: String, from scratch: String) throws -> (path: String, digest: Digest, byteCount: Int64) {
    guard let real = realpath(path, nil) else {
      throw DriverError("the stage names \(path) as a part of its output, which is not there")
    }
    defer { free(real) }
    let found = String(cString: real)
    guard let root = realpath(scratch, nil) else { throw DriverError("\(scratch) is gone") }
    defer { free(root) }
    let isOutput = found.hasPrefix(outputs + "/")
    guard found.hasPrefix(String(cString: root) + "/") || isOutput else {
      throw DriverError("the stage names \(path) as a part of its output, which lies outside of its own folder")
    }
    let (digest, byteCount) = try Self.hash(found)
    // An input that is passed on stays where it is.
    if isOutput { return (found, digest, byteCount) }
    let target = nextTarget()
    guard rename(found, target) == 0 else {
      throw DriverError("cannot move \(found) to \(target): \(String(cString: strerror(errno)))")
    }
    chmod(target, 0o444)
    return (target, digest, byteCount)
  }

  /// Takes content that the notebook program holds.
  func take(holding path: String, digest: Digest) throws -> String {
    let own = project.scratch + "/\(getpid())"
    let taken = try take(file: path, from: path.hasPrefix(own) ? own : folder + "/program")
    guard taken.digest == digest else { throw DriverError("\(path) is not what the notebook says of it") }
    return taken.path
  }

  /// Shows a file of the room to one stage, under another path.
  func show(_ path: String, as target: String) throws -> String {
    guard link(path, target) != 0 else { return target }
    // A file may have too many names already.
    do {
      try FileManager.default.copyItem(atPath: path, toPath: target)
    } catch {
      throw DriverError("cannot show \(path) to a stage: \(error.localizedDescription)")
    }
    return target
  }

  /// Shows a recorded file to the programs in the room.
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
    let number = nextPlace.withLock { place in
      place += 1
      return place
    }
    return "\(outputs)/\(number)"
  }

  /// A regular file's SHA-256, and its size in bytes.
  private static func hash(_ path: String) throws -> (Digest, Int64) {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      if descriptor >= 0 { close(descriptor) }
      throw DriverError("\(path) is no regular file: an output must be")
    }
    close(descriptor)
    return try FileBytes.digest(path)
  }
}
