internal import Core

/// A cell of a running notebook, with the values that later cells use.
public final class CellRun<Value> {
  enum Kind { case cell, inline }

  private let run: NotebookRun
  private let id: Int
  private let needs: [Int]
  private let kind: Kind
  private let body: () async throws -> Value
  private var result: Value?

  init(run: NotebookRun, id: Int, needs: [Int], kind: Kind, body: @escaping () async throws -> Value) {
    self.run = run
    self.id = id
    self.needs = needs
    self.kind = kind
    self.body = body
  }

  /// The values that the cell binds.
  /// - Throws: ``OperationError`` when it has none; a cell only asks the cells that it needs, after they succeeded.
  public var value: Value {
    get throws {
      guard let result else {
        throw OperationError(operation: "use the values of a cell", subject: "cell \(id)", cause: "it has none")
      }
      return result
    }
  }

  /// Runs the cell, unless a cell that it needs has no value. An error ends only this cell.
  public func run() async {
    switch kind {
    case .cell: await runCell()
    case .inline: await runInline()
    }
  }

  private func runCell() async {
    if let ending = run.obstacle(needs) ?? run.configuredFailure(of: id) {
      run.end(cell: id, ending, seconds: 0)
      return
    }
    run.begin(cell: id)
    let clock = SuspendingClock()
    let start = clock.now
    var ending = CellReport.Ending.done
    do {
      result = try await Session.$current.withValue(run.session.inCell(id)) { try await body() }
    } catch {
      ending = run.ending(of: error, cell: id)
    }
    run.end(cell: id, ending, seconds: (clock.now - start) / .seconds(1))
  }

  private func runInline() async {
    guard run.obstacle(needs) == nil else {
      run.channel.send(.inline(InlineOutcome(id: id, text: nil, failure: "a cell that it uses has no value")))
      return
    }
    do {
      let value = try await Session.$current.withValue(run.session.inCell(0)) { try await body() }
      run.channel.send(.inline(InlineOutcome(id: id, text: Display.inlineText(of: value))))
    } catch {
      run.channel.send(.inline(InlineOutcome(id: id, text: nil, failure: Display.message(of: error))))
    }
  }
}
