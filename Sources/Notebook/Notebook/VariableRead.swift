internal import SwiftParser
internal import SwiftSyntax

/// A read of an environment variable by its name, `ProcessInfo.processInfo.environment["NAME"]`: the program itself
/// only sees that somebody asks for all variables.
package struct VariableRead: Codable, Hashable, Sendable {
  /// The variable's name.
  package var name: String
  /// The number of the cell.
  package var cell: Int
  /// From 1, as ``LineMap`` counts in `cell-N`.
  package var line: Int
  /// From 1, in UTF-8 bytes.
  package var column: Int

  /// The reads in all cells, in order.
  static func all(in parts: [PartSyntax]) -> [VariableRead] {
    parts.flatMap { part -> [VariableRead] in
      guard case .cell(let id) = part.part else { return [] }
      let visitor = VariableVisitor(viewMode: .sourceAccurate)
      for item in part.items where item.role != .importing { visitor.walk(item.syntax) }
      return visitor.reads.map { read in
        let place = part.place(of: read.node)
        return VariableRead(name: read.name, cell: id, line: place.line, column: place.column)
      }
    }
  }
}

private final class VariableVisitor: SyntaxVisitor {
  private(set) var reads: [(name: String, node: SubscriptCallExprSyntax)] = []

  override func visit(_ node: SubscriptCallExprSyntax) -> SyntaxVisitorContinueKind {
    let callee = node.calledExpression.tokens(viewMode: .sourceAccurate).map(\.text)
    guard callee.suffix(5) == ["ProcessInfo", ".", "processInfo", ".", "environment"],
      let argument = node.arguments.first?.expression.as(StringLiteralExprSyntax.self),
      let name = argument.representedLiteralValue
    else { return .visitChildren }
    reads.append((name, node))
    return .visitChildren
  }
}
