internal import SwiftSyntax

/// The values of an `if` or `switch` expression: the single expressions of its branches.
enum BranchValues {
  /// The expressions in order; the branches that throw have none.
  ///
  /// - Returns: `nil` for anything that Swift does not take for an expression, such as an `if` without `else`, and for
  ///   one that assigns in a branch.
  static func of(_ syntax: Syntax) -> [ExprSyntax]? {
    let expression = syntax.as(ExpressionStmtSyntax.self)?.expression ?? syntax.as(ExprSyntax.self)
    var values: [ExprSyntax] = []
    if let node = expression?.as(IfExprSyntax.self) {
      guard append(node, to: &values) else { return nil }
    } else if let node = expression?.as(SwitchExprSyntax.self) {
      guard append(node, to: &values) else { return nil }
    }
    return values.isEmpty ? nil : values
  }

  private static func append(_ node: IfExprSyntax, to values: inout [ExprSyntax]) -> Bool {
    guard append(node.body.statements, to: &values) else { return false }
    switch node.elseBody {
    case .ifExpr(let next): return append(next, to: &values)
    case .codeBlock(let block): return append(block.statements, to: &values)
    case nil: return false
    }
  }

  private static func append(_ node: SwitchExprSyntax, to values: inout [ExprSyntax]) -> Bool {
    for element in node.cases {
      guard case .switchCase(let branch) = element, append(branch.statements, to: &values) else { return false }
    }
    return true
  }

  /// Appends the value of a branch.
  /// - Returns: false when the branch is not one expression, another `if` or `switch` expression, or a `throw`.
  private static func append(_ statements: CodeBlockItemListSyntax, to values: inout [ExprSyntax]) -> Bool {
    guard statements.count == 1, let statement = statements.first else { return false }
    if statement.item.is(ThrowStmtSyntax.self) { return true }
    if let inner = of(Syntax(statement.item)) {
      values += inner
      return true
    }
    guard let value = statement.item.as(ExprSyntax.self), !value.is(IfExprSyntax.self),
      !value.is(SwitchExprSyntax.self), PartSyntax.hasValue(value)
    else { return false }
    values.append(value)
    return true
  }
}
