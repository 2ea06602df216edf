internal import SwiftSyntax

/// The value and function names that a piece of Swift mentions and does not itself declare.
///
/// Follows the scopes of parameters, patterns, closures, loops, cases and local functions. Members after a dot,
/// argument labels and types are not mentions.
final class FreeNames: SyntaxVisitor {
  /// The names in a piece of Swift.
  struct Mentions {
    /// All of them.
    var names: Set<String>
    /// Those that are mentioned other than to be called.
    var values: Set<String>
  }

  private(set) var names: Set<String> = []
  private var values: Set<String> = []
  private var scopes: [Set<String>] = [[]]

  /// The free names of one declaration, statement or expression.
  static func of(_ node: some SyntaxProtocol) -> Set<String> { mentions(of: node).names }

  /// The free names of one declaration, statement or expression, and those that are not only called.
  static func mentions(of node: some SyntaxProtocol) -> Mentions {
    let visitor = FreeNames(viewMode: .sourceAccurate)
    visitor.walk(node)
    return Mentions(names: visitor.names, values: visitor.values)
  }

  private func mention(_ token: TokenSyntax, isCalled: Bool = false) {
    let name = token.plainName
    guard !scopes.contains(where: { $0.contains(name) }) else { return }
    names.insert(name)
    if !isCalled { values.insert(name) }
  }

  private func declare(_ token: TokenSyntax) { scopes[scopes.count - 1].insert(token.plainName) }

  private func scoped(_ body: () -> Void) {
    scopes.append([])
    body()
    scopes.removeLast()
  }

  private func walk(ifPresent node: (some SyntaxProtocol)?) {
    if let node { walk(node) }
  }

  // MARK: Mentions

  override func visit(_ node: DeclReferenceExprSyntax) -> SyntaxVisitorContinueKind {
    if let access = node.parent?.as(MemberAccessExprSyntax.self), access.declName.id == node.id { return .skipChildren }
    if node.parent?.is(KeyPathPropertyComponentSyntax.self) == true { return .skipChildren }
    let call = node.parent?.as(FunctionCallExprSyntax.self)
    mention(node.baseName, isCalled: call?.calledExpression.id == node.id)
    return .skipChildren
  }

  override func visit(_ node: ClosureCaptureSyntax) -> SyntaxVisitorContinueKind {
    if let initializer = node.initializer { walk(initializer) } else { mention(node.name) }
    declare(node.name)
    return .skipChildren
  }

  // MARK: Declarations in the current scope

  override func visit(_ node: IdentifierPatternSyntax) -> SyntaxVisitorContinueKind {
    declare(node.identifier)
    return .skipChildren
  }

  override func visit(_ node: PatternBindingSyntax) -> SyntaxVisitorContinueKind {
    walk(ifPresent: node.initializer)
    walk(node.pattern)
    walk(ifPresent: node.accessorBlock)
    return .skipChildren
  }

  override func visit(_ node: OptionalBindingConditionSyntax) -> SyntaxVisitorContinueKind {
    if let initializer = node.initializer {
      walk(initializer)
    } else if let name = node.pattern.as(IdentifierPatternSyntax.self) {
      mention(name.identifier)
    }
    walk(node.pattern)
    return .skipChildren
  }

  override func visit(_ node: MatchingPatternConditionSyntax) -> SyntaxVisitorContinueKind {
    walk(node.initializer)
    walk(node.pattern)
    return .skipChildren
  }

  override func visit(_ node: FunctionParameterSyntax) -> SyntaxVisitorContinueKind {
    walk(ifPresent: node.defaultValue)
    declare(node.secondName ?? node.firstName)
    return .skipChildren
  }

  override func visit(_ node: ClosureParameterSyntax) -> SyntaxVisitorContinueKind {
    declare(node.secondName ?? node.firstName)
    return .skipChildren
  }

  override func visit(_ node: ClosureShorthandParameterSyntax) -> SyntaxVisitorContinueKind {
    declare(node.name)
    return .skipChildren
  }

  override func visit(_ node: AccessorParametersSyntax) -> SyntaxVisitorContinueKind {
    declare(node.name)
    return .skipChildren
  }

  // MARK: Scopes

  override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
    declare(node.name)
    scoped {
      walk(node.signature)
      walk(ifPresent: node.body)
    }
    return .skipChildren
  }

  override func visit(_ node: ForStmtSyntax) -> SyntaxVisitorContinueKind {
    walk(node.sequence)
    scoped {
      walk(node.pattern)
      walk(ifPresent: node.whereClause)
      walk(node.body)
    }
    return .skipChildren
  }

  override func visit(_ node: IfExprSyntax) -> SyntaxVisitorContinueKind {
    scoped {
      walk(node.conditions)
      walk(node.body)
    }
    walk(ifPresent: node.elseBody)
    return .skipChildren
  }

  override func visit(_ node: GuardStmtSyntax) -> SyntaxVisitorContinueKind {
    walk(node.body)
    walk(node.conditions)
    return .skipChildren
  }

  override func visit(_ node: CatchClauseSyntax) -> SyntaxVisitorContinueKind {
    scoped {
      scopes[scopes.count - 1].insert("error")
      walk(node.catchItems)
      walk(node.body)
    }
    return .skipChildren
  }

  override func visit(_ node: CodeBlockSyntax) -> SyntaxVisitorContinueKind { open(node.statements) }
  override func visitPost(_ node: CodeBlockSyntax) { scopes.removeLast() }
  override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind { open(node.statements) }
  override func visitPost(_ node: ClosureExprSyntax) { scopes.removeLast() }
  override func visit(_ node: SwitchCaseSyntax) -> SyntaxVisitorContinueKind { open(node.statements) }
  override func visitPost(_ node: SwitchCaseSyntax) { scopes.removeLast() }
  override func visit(_ node: WhileStmtSyntax) -> SyntaxVisitorContinueKind { open(nil) }
  override func visitPost(_ node: WhileStmtSyntax) { scopes.removeLast() }
  override func visit(_ node: InitializerDeclSyntax) -> SyntaxVisitorContinueKind { open(nil) }
  override func visitPost(_ node: InitializerDeclSyntax) { scopes.removeLast() }
  override func visit(_ node: SubscriptDeclSyntax) -> SyntaxVisitorContinueKind { open(nil) }
  override func visitPost(_ node: SubscriptDeclSyntax) { scopes.removeLast() }
  override func visit(_ node: AccessorDeclSyntax) -> SyntaxVisitorContinueKind {
    scopes.append(["newValue", "oldValue"])
    return .visitChildren
  }
  override func visitPost(_ node: AccessorDeclSyntax) { scopes.removeLast() }

  /// Local functions are visible in their whole block.
  private func open(_ statements: CodeBlockItemListSyntax?) -> SyntaxVisitorContinueKind {
    scopes.append([])
    for statement in statements ?? [] {
      if let function = statement.item.as(FunctionDeclSyntax.self) { declare(function.name) }
    }
    return .visitChildren
  }

  /// Members are visible in the whole type, whatever their order.
  override func visit(_ node: MemberBlockSyntax) -> SyntaxVisitorContinueKind {
    scopes.append(Set(node.members.flatMap { $0.decl.declaredNames }))
    return .visitChildren
  }
  override func visitPost(_ node: MemberBlockSyntax) { scopes.removeLast() }
}
