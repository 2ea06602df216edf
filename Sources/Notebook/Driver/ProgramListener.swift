internal import Core
internal import Glibc
internal import NotebookRuntime
internal import Processes

/// The pipes between this command and one attempt of a notebook's program.
struct ProgramPipes {
  let channel: ProcessPipe
  let errors: ProcessPipe
  /// Its writing end is open as long as this process lives.
  let parentPipe: ProcessPipe
  /// The way of the server's answers; given in a verification only.
  let replies: ProcessPipe?

  init(withReplies: Bool) throws {
    channel = try ProcessPipe()
    errors = try ProcessPipe()
    parentPipe = try ProcessPipe()
    replies = withReplies ? try ProcessPipe(isSocket: true) : nil
  }

  /// The ends that the program inherits besides its standard output and error.
  var inherited: [Int32] { [channel.writing, parentPipe.reading] + (replies.map { [$0.reading] } ?? []) }

  /// Closes the program's ends here, so that reading from it ends when the program does.
  func closeInherited() {
    channel.closeWriting()
    errors.closeWriting()
    parentPipe.closeReading()
    replies?.closeReading()
  }
}

/// Listens to a notebook's program until it has ended, with everything that it has started.
struct ProgramListener {
  /// Everything that an attempt of the program has said, and its end.
  struct Heard {
    var collector = RunCollector()
    /// The end of its error output, at most ``limit`` bytes.
    var errorOutput: [UInt8] = []
    /// The end of the program itself.
    var ending = ChildProcess.Ending.exited(0)
    /// True when the user interrupted the run, which ends the program.
    var isInterrupted = false
    /// True when the program took more memory than it may, which ends it.
    var exceedsMemory = false
    /// The programs that the notebook's program had started and left running.
    var left: LeftPrograms?
    /// 64 KiB.
    static let limit = 1 << 16
  }

  /// The pipes from the program.
  let pipes: ProgramPipes
  /// The memory in bytes that the program may take with all that it starts; `nil` for no limit.
  let memoryLimit: Int64?
  /// The time between two looks at the program, in milliseconds: the view's clock and Ctrl-C wait no longer, and the
  /// program may exceed its memory for that long.
  private static let interval: Int32 = 50
  /// The time in which the pipes must end after everything that could write to them has.
  private static let lastWords = Duration.seconds(1)

  private var heard = Heard()
  private var frames: [UInt8] = []
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private var isChannelOpen = true
  private var areErrorsOpen = true
  private var measured = SuspendingClock.now

  /// A listener that has heard nothing.
  init(pipes: ProgramPipes, memoryLimit: Int64?) {
    self.pipes = pipes
    self.memoryLimit = memoryLimit
  }

  /// Takes in events and error output until the program has ended.
  ///
  /// The end of the pipes is not waited for: a program that a stage has started and left has their other ends too.
  /// - Throws: ``OperationError`` when the program says something that is not an event; it has ended then.
  consuming func listen(to child: consuming ChildProcess, view: inout some RunView) throws -> Heard {
    do {
      try listenUntilEnd(of: child, view: &view)
    } catch {
      child.kill(withGroup: true)
      _ = child.wait()
      _ = LeftPrograms.end(patiently: false)
      throw error
    }
    heard.ending = child.wait()
    return heard
  }

  private mutating func listenUntilEnd(of child: borrowing ChildProcess, view: inout some RunView) throws {
    var programEnd: SuspendingClock.Instant?
    var end: SuspendingClock.Instant?
    while true {
      let hasRead = try readOnce(milliseconds: programEnd == nil ? Self.interval : 0, view: &view)
      if programEnd == nil {
        endIfNeeded(child)
        if child.hasEnded() { programEnd = .now }
      }

      // What the program has said itself is all in the pipes when it has ended. What it has left may write for ever.
      if let programEnd, end == nil, !hasRead || SuspendingClock.now - programEnd > Self.lastWords {
        heard.left = LeftPrograms.end(
          group: child.identifier, patiently: !heard.isInterrupted && !heard.exceedsMemory)
        end = .now
      } else if !hasRead, let end {
        guard isChannelOpen || areErrorsOpen, SuspendingClock.now - end < Self.lastWords else { return }
        usleep(1000)
      }
      view.tick()
    }
  }

  /// Kills the program when the user wants it, or when it has taken too much.
  private mutating func endIfNeeded(_ child: borrowing ChildProcess) {
    if Interruption.requested, !heard.isInterrupted {
      heard.isInterrupted = true
      child.kill(withGroup: true)
    }
    guard let memoryLimit, !heard.exceedsMemory, !heard.isInterrupted else { return }
    let now = SuspendingClock.now
    guard now - measured >= .milliseconds(Int(Self.interval)) else { return }
    measured = now
    guard child.memory() > memoryLimit else { return }
    heard.exceedsMemory = true
    child.kill(withGroup: true)
  }

  /// Waits for something to read, and reads it.
  /// - Returns: false when there was nothing.
  private mutating func readOnce(milliseconds: Int32, view: inout some RunView) throws -> Bool {
    var descriptors = [
      pollfd(fd: isChannelOpen ? pipes.channel.reading : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: areErrorsOpen ? pipes.errors.reading : -1, events: Int16(POLLIN), revents: 0),
    ]
    // With both at their ends the program is about to be at its own.
    let isOpen = isChannelOpen || areErrorsOpen
    guard poll(&descriptors, 2, isOpen ? milliseconds : min(milliseconds, 1)) > 0 else { return false }

    var hasRead = false
    if descriptors[0].revents != 0 {
      let count = SystemCall.retry { read(pipes.channel.reading, &buffer, buffer.count) }
      isChannelOpen = count > 0
      if count > 0 {
        hasRead = true
        frames += buffer[..<count]
        for event in try RunChannel.takeEvents(from: &frames) {
          heard.collector.take(event)
          view.observe(event)
        }
      }
    }
    if descriptors[1].revents != 0 {
      let count = SystemCall.retry { read(pipes.errors.reading, &buffer, buffer.count) }
      areErrorsOpen = count > 0
      if count > 0 {
        hasRead = true
        heard.errorOutput = Array((heard.errorOutput + buffer[..<count]).suffix(Heard.limit))
      }
    }
    return hasRead
  }
}
