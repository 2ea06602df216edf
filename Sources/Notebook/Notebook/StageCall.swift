internal import SwiftSyntax

/// A call in a cell that looks like a stage's, which a plan can show without running the notebook.
package struct StageCall: Codable, Hashable, Sendable {
  /// The stage's type as written, without generic arguments.
  package var name: String
  /// The number of the cell.
  package var cell: Int
  /// From 1, as ``LineMap`` counts in `cell-N`.
  package var line: Int
  /// From 1, in UTF-8 bytes.
  package var column: Int

  /// Calls whose callee is one of `stages`, and calls of a capitalised name that are called again at once.
  static func all(in parts: [PartSyntax], stages: Set<String>) -> [StageCall] {
    parts.flatMap { part -> [StageCall] in
      guard case .cell(let id) = part.part else { return [] }
      let visitor = CallVisitor(stages)
      for item in part.items where item.role != .importing && item.role != .declaration { visitor.walk(item.syntax) }
      return visitor.calls.map { call in
        let place = part.place(of: call.node)
        return StageCall(name: call.name, cell: id, line: place.line, column: place.column)
      }
    }
  }
}

private final class CallVisitor: SyntaxVisitor {
  private(set) var calls: [(name: String, node: FunctionCallExprSyntax)] = []
  private let stages: Set<String>

  init(_ stages: Set<String>) {
    self.stages = stages
    super.init(viewMode: .sourceAccurate)
  }

  override func visit(_ node: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
    if let name = Self.typeName(node.calledExpression) {
      let whole = Self.configured(ExprSyntax(node))
      let isCalledAgain = whole.parent?.as(FunctionCallExprSyntax.self)?.calledExpression.id == whole.id
      if isCalledAgain || stages.contains(name) { calls.append((name, node)) }
    }
    return .visitChildren
  }

  /// The call with the `.with(…)` calls that follow it.
  private static func configured(_ call: ExprSyntax) -> ExprSyntax {
    guard let access = call.parent?.as(MemberAccessExprSyntax.self), access.declName.baseName.text == "with",
      let next = access.parent?.as(FunctionCallExprSyntax.self), next.calledExpression.id == access.id
    else { return call }
    return configured(ExprSyntax(next))
  }

  /// `Outer.Inner` for `Outer.Inner<Int>`; `nil` when the last name is not capitalised.
  private static func typeName(_ callee: ExprSyntax) -> String? {
    switch callee.as(ExprSyntaxEnum.self) {
    case .declReferenceExpr(let node):
      let name = node.baseName.plainName
      return name.first?.isUppercase == true ? name : nil
    case .memberAccessExpr(let node):
      let name = node.declName.baseName.plainName
      guard name.first?.isUppercase == true, let base = node.base.flatMap(typeName) else { return nil }
      return base + "." + name
    case .genericSpecializationExpr(let node): return typeName(node.expression)
    default: return nil
    }
  }
}
