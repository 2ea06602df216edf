public import Core

/// The context of stage calls: the executor that answers them, and the cell that they are in. Tasks inherit it.
package struct Session: Sendable {
  /// The session of the current task; `nil` outside a run.
  @TaskLocal package static var current: Session?

  /// The executor of the run's stages.
  package let executor: any StageCalls
  /// The number of the cell, from 1; 0 outside cells.
  package let cell: Int

  /// A session in a cell.
  package init(executor: any StageCalls, cell: Int) {
    self.executor = executor
    self.cell = cell
  }

  /// The same session in another cell.
  package func inCell(_ cell: Int) -> Session { Session(executor: executor, cell: cell) }
}

extension Stage {
  /// Calls the stage. Its output comes from the store when the key was computed before; otherwise the stage runs.
  ///
  /// Calls with `async let` or in a task group run at the same time; equal calls run once.
  /// - Parameter name: the output's name in the store; the stage's name unless given.
  /// - Throws: ``StageFailure`` with the reason when the stage fails or cannot be started.
  public func callAsFunction(as name: String? = nil, file: String = #fileID, line: Int = #line) async throws -> Output {
    guard let session = Session.current else {
      throw OperationError(
        operation: "call the stage", subject: Self.name, reason: "no notebook runs in this task, which may be detached",
        advice: "call it from a cell, an `async let` or a task group")
    }
    let label = file.split(separator: "/").last.map(String.init) ?? file
    let cell = label.hasPrefix("cell-") ? Int(label.dropFirst(5)) ?? session.cell : session.cell
    return try await session.executor.output(of: self, place: CellPlace(cell: cell, line: line), name: name)
  }
}

/// A stage that failed, with the place of its call.
public struct StageFailure: Error, CustomStringConvertible {
  /// The stage's name.
  public let stage: String
  /// The reason, in words.
  public let message: String
  /// The cell and line of the call.
  public let place: CellPlace

  /// A failure with its reason.
  package init(stage: String, message: String, place: CellPlace) {
    self.stage = stage
    self.message = message
    self.place = place
  }

  public var description: String { message }
}

/// The end of a plan at a value that is not known.
struct PlanStop: Error {}
