package import Core
internal import Foundation
internal import Glibc

/// A run of a notebook, as its program sees it. The generated code runs the cells through it; authors never name it.
public final class NotebookRun {
  /// The context of stage calls outside cells.
  package let session: Session
  /// The connection with the supervising command.
  package let channel: RunChannel
  private let configuration: RunConfiguration
  private let marker: StatementMarker
  private var endings: [Int: CellReport.Ending] = [:]
  private var shown: [Presentation] = []
  private var place = CellPlace(cell: 0, line: 0)

  /// Starts the run that the supervising command has described in the environment. Without such a command, or when the
  /// store cannot be opened, the process ends with a message.
  /// - Parameters:
  ///   - stages: the stages that the notebook declares.
  ///   - libraryCode: the digest of the code that the notebook's own stages may call.
  package init(stages: [any Stage.Type], libraryCode: Digest) {
    guard let text = getenv(RunConfiguration.variable),
      let configuration = try? JSONCoding.decoder().decode(
        RunConfiguration.self, from: Data(String(cString: text).utf8))
    else {
      Self.quit("This program is a compiled notebook. Run the notebook with `colophon run`.", status: 64)
    }
    self.configuration = configuration

    SupervisorWatch.start(descriptor: configuration.parentPipe)
    guard chdir(configuration.project.root) == 0 else {
      Self.quit(
        "cannot enter the project folder \(configuration.project.root): \(String(cString: strerror(errno)))", status: 1)
    }
    marker = StatementMarker(path: configuration.marker)
    channel = RunChannel(descriptor: configuration.channel)
    if configuration.mode != .plan { SystemReads.report(to: channel) }

    guard configuration.mode != .verify else {
      session = Session(
        executor: RemoteExecutor(
          channel: channel, replies: configuration.replies, scratch: configuration.scratch, libraryCode: libraryCode,
          stages: stages), cell: 0)
      return
    }
    do {
      session = Session(
        executor: try Executor(configuration: configuration, channel: channel, libraryCode: libraryCode), cell: 0)
    } catch {
      channel.send(.message("\(error)"))
      Self.quit("\(error)", status: 1)
    }
  }

  /// Computes one stage and ends the process, if the program was started for that; returns if it is to run the
  /// notebook.
  package static func computeStageIfAsked(among stages: [any Stage.Type], libraryCode: Digest) async {
    await StageProcess.runIfAsked(among: stages, libraryCode: libraryCode)
  }

  private static func quit(_ message: String, status: Int32) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(status)
  }

  /// The value of a parameter, or of the seed. The process ends with a message when the run gives none of this type.
  public func parameter<Value: LosslessStringConvertible>(_ name: String) -> Value {
    guard let value = configuration.parameters[name].flatMap({ Value($0) }) else {
      Self.quit(
        "The run gives no \(Value.self) for the parameter \(name). Run the notebook with `colophon run`.", status: 64)
    }
    return value
  }

  /// A cell of the notebook.
  /// - Parameter needs: the cells whose values or declarations it uses.
  public func cell<Value>(_ id: Int, needs: [Int], _ body: @escaping () async throws -> Value) -> CellRun<Value> {
    CellRun(run: self, id: id, needs: needs, kind: .cell, body: body)
  }

  /// An inline expression of the prose.
  public func inline<Value>(_ id: Int, needs: [Int], _ body: @escaping () async throws -> Value) -> CellRun<Value> {
    CellRun(run: self, id: id, needs: needs, kind: .inline, body: body)
  }

  /// Notes that the program has reached this line of this cell.
  public func at(_ cell: Int, _ line: Int) {
    place = CellPlace(cell: cell, line: line)
    marker.mark(place)
  }

  /// Shows the value of a cell's last expression; nothing for `Void`.
  public func show<Value>(_ value: Value) {
    guard Value.self != Void.self else { return }
    shown.append(Display.presentation(of: value))
  }

  /// Reports the end of the run when everything is stored. The process ends with a message when that fails.
  public func finish() async {
    do {
      try await session.executor.finish()
      channel.send(.finished)
    } catch {
      channel.send(.message("\(error)"))
      fflush(nil)
      Self.quit("\(error)", status: 1)
    }
    fflush(nil)
  }

  func begin(cell id: Int) {
    shown = []
    at(id, 1)
    channel.send(.cellStarted(id))
  }

  /// The ending of a cell that cannot run, because one that it needs has no value; `nil` when it can.
  func obstacle(_ needs: [Int]) -> CellReport.Ending? {
    for need in needs {
      switch endings[need] {
      case .failed, .skipped: return .skipped(because: need)
      case .planned: return .planned
      case .done, nil: continue
      }
    }
    return nil
  }

  func configuredFailure(of cell: Int) -> CellReport.Ending? {
    configuration.failedCells[cell].map { .failed(message: $0.message, place: CellPlace(cell: cell, line: $0.line)) }
  }

  func ending(of error: any Error, cell: Int) -> CellReport.Ending {
    session.executor.report(damage: error)
    switch error {
    case is PlanStop: return .planned
    case let error as StageFailure where error.place.cell == cell:
      return .failed(message: error.message, place: error.place)
    default: return .failed(message: Display.message(of: error), place: place)
    }
  }

  /// The failure of a cell that is done but shows what cannot be shown, at its last line; any other ending unchanged.
  private func checked(_ ending: CellReport.Ending) -> CellReport.Ending {
    guard case .done = ending else { return ending }
    do {
      for presentation in shown { try presentation.check() }
      return ending
    } catch {
      shown = []
      return .failed(message: Display.message(of: error), place: place)
    }
  }

  func end(cell id: Int, _ ending: CellReport.Ending, seconds: Double) {
    let ending = checked(ending)
    endings[id] = ending
    fflush(nil)
    channel.send(
      .cellFinished(
        CellReport(cell: id, ending: ending, shown: shown, seconds: seconds),
        printedEnd: Int64(lseek(STDOUT_FILENO, 0, SEEK_CUR))))
    shown = []
  }
}
