internal import ArgumentParser
internal import Core
internal import Driver
internal import Foundation

struct NewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Write a small notebook to start from.",
    discussion:
      "It has a stage, a parameter, a table, a chart and a value in its prose. An existing file is never replaced.")

  @Argument(help: "The file to make, for instance Notebooks/mine.md.") var notebook: String

  func run() throws {
    guard notebook.hasSuffix(".md") else { throw ValidationError("a notebook's name ends in .md") }
    guard !FileManager.default.fileExists(atPath: notebook) else {
      throw OperationError(
        operation: "write the notebook", subject: notebook, cause: "it exists already, and was not changed")
    }

    let url = URL(fileURLWithPath: notebook)
    do {
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(Self.text(title: Project.name(of: notebook)).utf8).write(to: url, options: .withoutOverwriting)
    } catch {
      throw OperationError(operation: "write the notebook", subject: notebook, cause: error.localizedDescription)
    }
    Terminal.print(notebook)
    Terminal.error("Run it with: colophon run \(notebook)")
  }

  /// The text of a small notebook.
  private static func text(title: String) -> String { "---\ntitle: \(title)\n" + body }

  /// The notebook after its title.
  private static let body = """
    parameters:
      limit: 2000
    ---

    A stage is a struct: its properties are everything that its result depends on. It runs once for the same properties
    and the same code, and again when one of them changes.

    ```swift
    //| label: primes
    struct CountPrimes: Stage {
      var limit: Int

      func run(_ context: StageContext) async throws -> Table {
        var table = Table(columns: [.init("below"), .init("primes")])
        var count = 0
        for number in 2..<limit {
          if !(2..<number).contains(where: { $0 * $0 <= number && number.isMultiple(of: $0) }) { count += 1 }
          if number.isMultiple(of: limit / 10) {
            table.append([.integer(number), .integer(count)])
            context.progress(number, of: limit, "numbers")
          }
        }
        return table
      }
    }

    let primes = try await CountPrimes(limit: limit)()
    primes
    ```

    There are `swift primes.rows.count` rows in the table. Change the limit at the top and run the notebook again: only
    stages that depend on it run. With `--set limit=5000` the notebook runs with another limit and stays unchanged.

    ```swift
    //| label: chart
    //| fig-cap: Primes below a number.
    try Chart(primes).line(x: "below", y: "primes")
    ```

    """
}
