public import Core

/// What a stage call needs to know: who executes it, and which cell it stands in. Travels with the task.
package struct Session: Sendable {
  @TaskLocal package static var current: Session?

  package let executor: any StageCalls
  package let cell: Int

  package init(executor: any StageCalls, cell: Int) {
    self.executor = executor
    self.cell = cell
  }

  package func inCell(_ cell: Int) -> Session { Session(executor: executor, cell: cell) }
}

extension Stage {
  /// Calls the stage: takes its output from the store when this key was computed before, else runs it.
  ///
  /// Calls joined by `async let` or in a task group run at the same time; equal ones run once.
  /// - Parameter name: the output's name in the store; the stage's name unless given.
  /// - Throws: ``StageFailure`` with the reason when the stage fails or cannot be started.
  public func callAsFunction(as name: String? = nil, file: String = #fileID, line: Int = #line) async throws -> Output {
    guard let session = Session.current else { throw StageCalledOutsideRun(stage: Self.name) }
    let label = file.split(separator: "/").last.map(String.init) ?? file
    let cell = label.hasPrefix("cell-") ? Int(label.dropFirst(5)) ?? session.cell : session.cell
    return try await session.executor.output(of: self, place: CellPlace(cell: cell, line: line), name: name)
  }
}

/// A stage that failed, with the place of its call.
public struct StageFailure: Error, CustomStringConvertible {
  public let stage: String
  public let message: String
  public let place: CellPlace

  package init(stage: String, message: String, place: CellPlace) {
    self.stage = stage
    self.message = message
    self.place = place
  }

  public var description: String { message }
}

/// A stage called where no notebook runs.
struct StageCalledOutsideRun: Error, CustomStringConvertible {
  let stage: String
  var description: String {
    "\(stage) was called outside a notebook's run, or in a detached task: call it from a cell, or from an `async let` or task group"
  }
}

/// A plan has come to a value that is not known.
struct PlanStop: Error {}
