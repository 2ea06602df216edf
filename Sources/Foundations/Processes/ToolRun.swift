package import Core
internal import Foundation
internal import Glibc

/// A program of the system, such as `git`, `ssh-keygen` or `swiftc`, run to its end.
package struct ToolRun: Sendable {
  /// The way in which it ended.
  package let ending: ChildProcess.Ending
  /// The bytes that it wrote to standard output.
  package let output: [UInt8]
  /// The text that it wrote to standard error; empty when that went elsewhere.
  package let errors: String

  /// The exit status; for a program that a signal ended, 128 and the signal's number, as a shell reports it.
  package var status: Int32 {
    switch ending {
    case .exited(let status): status
    case .killed(let signal): 128 + signal
    }
  }

  /// True for the exit status 0.
  package var succeeded: Bool { status == 0 }

  /// Standard output as text, without white space at its ends.
  package var text: String { String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }

  /// True when Ctrl-C or a request to terminate has ended it.
  package var wasInterrupted: Bool { status == 128 + SIGINT || status == 128 + SIGTERM }

  /// Runs a program in this process's group: its questions at the terminal reach the user, and Ctrl-C ends it too.
  /// - Parameters:
  ///   - program: a name that is looked up on the `PATH`, or a path.
  ///   - input: its standard input; this process's own, such as the terminal, when `nil`.
  ///   - showsErrors: true when standard error goes to this process's own.
  ///   - variables: variables that its environment has besides this process's.
  /// - Throws: ``OperationError`` when it cannot be started; a program that fails is no error.
  package init(
    _ program: String, _ arguments: [String], input: [UInt8]? = nil, showsErrors: Bool = false,
    variables: [String: String] = [:]
  ) throws(OperationError) {
    let output = try ProcessPipe()
    let errors = showsErrors ? nil : try ProcessPipe()
    let source: Int32? = if let input { try Self.file(with: input) } else { nil }
    defer { if let source { close(source) } }
    let child = try ChildProcess(
      path: program, arguments: arguments,
      environment: ProcessInfo.processInfo.environment.merging(variables) { $1 },
      input: source.map { .descriptor($0) } ?? .inherited, output: output.writing, error: errors?.writing,
      leadsGroup: false)
    self.init(child, output: output, errors: errors)
  }

  /// Runs a program without input and out of the terminal's reach. ``output`` also has what it writes to standard
  /// error, in the order of writing.
  /// - Parameters:
  ///   - program: a name that is looked up on the `PATH`, or a path.
  ///   - isCancelled: called ten times a second; `true` kills the program with its group.
  /// - Throws: ``OperationError`` when it cannot be started; a program that fails is no error.
  package init(
    detached program: String, _ arguments: [String], isCancelled: @escaping () -> Bool = { false }
  ) throws(OperationError) {
    let output = try ProcessPipe()
    let child = try ChildProcess(
      path: program, arguments: arguments, output: output.writing, error: output.writing)
    self.init(child, output: output, errors: nil, isCancelled: isCancelled)
  }

  /// Gathers the output of a program that has been started, until it has ended.
  private init(
    _ child: consuming ChildProcess, output: ProcessPipe, errors: ProcessPipe?, isCancelled: () -> Bool = { false }
  ) {
    let gathered = Self.gather([output] + (errors.map { [$0] } ?? [])) {
      if isCancelled() { child.kill(withGroup: true) }
    }
    ending = child.wait()
    self.output = gathered[0]
    self.errors = gathered.count > 1 ? String(decoding: gathered[1], as: UTF8.self) : ""
  }

  /// Reads pipes to their ends, all at once: a program that waits for the reader of one would never close the other.
  /// - Parameter tick: called ten times a second.
  private static func gather(_ pipes: [ProcessPipe], tick: () -> Void) -> [[UInt8]] {
    var gathered = [[UInt8]](repeating: [], count: pipes.count)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    for pipe in pipes { pipe.closeWriting() }
    while pipes.contains(where: { $0.reading >= 0 }) {
      // A negative descriptor is ignored.
      var waiting = pipes.map { pollfd(fd: $0.reading, events: Int16(POLLIN), revents: 0) }
      guard poll(&waiting, nfds_t(waiting.count), 100) > 0 else {
        tick()
        continue
      }

      for position in waiting.indices where waiting[position].revents != 0 {
        let count = SystemCall.retry { read(pipes[position].reading, &buffer, buffer.count) }
        if count > 0 { gathered[position] += buffer[..<count] } else { pipes[position].closeReading() }
      }
    }
    return gathered
  }

  /// A descriptor of a file without a name with these bytes, read from its beginning. A pipe would fill up when
  /// the program writes before it reads.
  private static func file(with bytes: [UInt8]) throws(OperationError) -> Int32 {
    func failure() -> OperationError {
      OperationError(
        operation: "write a temporary file", subject: NSTemporaryDirectory(), cause: String(cString: strerror(errno)))
    }
    var template = Array((NSTemporaryDirectory() + "/colophon-XXXXXX").utf8CString)
    let file = mkstemp(&template)
    guard file >= 0 else { throw failure() }
    unlink(template)
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)

    guard bytes.withUnsafeBytes({ SystemCall.write($0, to: file, at: 0) }) else {
      let failure = failure()
      close(file)
      throw failure
    }
    return file
  }
}
