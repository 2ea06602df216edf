internal import Core
internal import SwiftDiagnostics
internal import SwiftParser
internal import SwiftParserDiagnostics
internal import SwiftSyntax

/// The parsed code of a cell or an inline expression, with what the program does with each top-level item.
struct PartSyntax: Sendable {
  enum Role: Sendable {
    case importing
    /// A declaration that goes to file scope.
    case declaration
    /// Goes to file scope, unless it uses values of cells.
    case function
    case statement
    /// The last item, an expression: its value is shown.
    case shown
  }

  struct Item: Sendable {
    var role: Role
    var syntax: Syntax
    /// The item's bytes, without comments and white space around it.
    var bytes: [UInt8]
    /// Of the item's first byte, as the program counts.
    var line: Int
    var column: Int
    /// How many lines it takes.
    var lineCount: Int
    /// The names that it binds at the cell's top level.
    var bindings: [Binding] = []
    /// The names that it uses from outside itself.
    var freeNames: Set<String> = []
  }

  struct Binding: Sendable {
    var name: String
    /// With backticks, if it has them.
    var spelling: String
    var isVariable: Bool
    var isAsynchronous: Bool
  }

  let part: LineMap.Part
  let tree: SourceFileSyntax
  let items: [Item]
  /// Syntax errors and what a cell must not contain: place and message.
  let faults: [(severity: Core.Diagnostic.Severity, message: String, line: Int, column: Int)]
  /// All identifiers and operators.
  let nameTokens: Set<String>
  private let source: SourceText

  init(_ part: LineMap.Part, code: String) {
    self.part = part
    source = SourceText(normalized: Array(code.utf8))
    let tooDeep = ParserLimits.offsetOfDeepBracket(source.bytes)
    tree = Parser.parse(source: tooDeep == nil ? code : "")
    let source = source
    let blockItems = Array(tree.statements)
    items = blockItems.enumerated().map { index, item in
      Self.item(Syntax(item.item), in: source, isLast: index == blockItems.count - 1)
    }
    nameTokens = tree.nameTokens
    var faults: [(severity: Core.Diagnostic.Severity, message: String, line: Int, column: Int)] = []
    if let tooDeep {
      let place = source.position(of: tooDeep)
      let message =
        "more than \(ParserLimits.openBrackets) square brackets are open here: give a name to what is inside"
      faults.append((.error, message, place.line + 1, place.column))
    }
    if tree.hasError, let equal = ParserLimits.uncorrectable(in: tree) {
      let place = source.position(of: equal.positionAfterSkippingLeadingTrivia.utf8Offset)
      faults.append(
        (.error, "there is an invisible character before this “=”: delete it", place.line + 1, place.column))
    } else if tree.hasError || tree.hasWarning {
      for diagnostic in ParseDiagnosticsGenerator.diagnostics(for: tree) {
        let place = source.position(of: diagnostic.position.utf8Offset)
        let severity: Core.Diagnostic.Severity = diagnostic.diagMessage.severity == .error ? .error : .warning
        faults.append((severity, diagnostic.message, place.line + 1, place.column))
      }
    }
    switch part {
    case .cell:
      for item in items where item.role == .statement {
        for offset in TopLevelReturns.offsets(in: item.syntax) {
          let place = source.position(of: offset)
          let message =
            "a cell cannot return: write the value as the cell's last expression, or put the code into a function"
          faults.append((.error, message, place.line + 1, place.column))
        }
      }
    case .inline:
      if faults.isEmpty, items.count != 1 || items.first?.role != .shown {
        faults.append((.error, "inline code must be one Swift expression with a value", 2, 1))
      }
    }
    self.faults = faults
  }

  /// Line and column, as the program counts, of a node.
  func place(of node: some SyntaxProtocol) -> (line: Int, column: Int) {
    let place = source.position(of: node.positionAfterSkippingLeadingTrivia.utf8Offset)
    return (place.line + 1, place.column)
  }

  private static func item(_ syntax: Syntax, in source: SourceText, isLast: Bool) -> Item {
    let start = syntax.positionAfterSkippingLeadingTrivia.utf8Offset
    let bytes = Array(source.bytes[start..<max(start, syntax.endPositionBeforeTrailingTrivia.utf8Offset)])
    let place = source.position(of: start)
    let lineCount = 1 + bytes.count { $0 == UInt8(ascii: "\n") }
    var item = Item(
      role: role(syntax, isLast: isLast), syntax: syntax, bytes: bytes, line: place.line + 1, column: place.column,
      lineCount: lineCount)
    switch item.role {
    case .importing, .declaration: break
    case .function, .statement, .shown:
      item.freeNames = FreeNames.of(syntax)
      item.bindings = bindings(syntax)
    }
    return item
  }

  private static func role(_ syntax: Syntax, isLast: Bool) -> Role {
    if syntax.is(ImportDeclSyntax.self) { return .importing }
    if syntax.is(FunctionDeclSyntax.self) { return .function }
    if let declaration = syntax.as(DeclSyntax.self) {
      switch declaration.as(DeclSyntaxEnum.self) {
      case .structDecl, .classDecl, .enumDecl, .actorDecl, .protocolDecl, .extensionDecl, .typeAliasDecl, .operatorDecl,
        .precedenceGroupDecl, .macroDecl:
        return .declaration
      default: return .statement
      }
    }
    guard isLast, let expression = syntax.as(ExprSyntax.self) else { return .statement }
    return hasValue(expression) ? .shown : .statement
  }

  /// Whether an expression is more than an assignment or a compiler directive.
  private static func hasValue(_ expression: ExprSyntax) -> Bool {
    switch expression.as(ExprSyntaxEnum.self) {
    case .tryExpr(let node): hasValue(node.expression)
    case .awaitExpr(let node): hasValue(node.expression)
    case .unsafeExpr(let node): hasValue(node.expression)
    case .macroExpansionExpr(let node): !["warning", "error"].contains(node.macroName.text)
    case .sequenceExpr(let node): !node.elements.contains(where: assigns)
    case .missingExpr: false
    default: true
    }
  }

  private static func assigns(_ element: ExprSyntax) -> Bool {
    if element.is(AssignmentExprSyntax.self) { return true }
    guard let name = element.as(BinaryOperatorExprSyntax.self)?.operator.text else { return false }
    let bare = name.hasPrefix(".") ? name.dropFirst() : name[...]
    return bare.hasSuffix("=") && !bare.hasSuffix("==") && !["!=", "<=", ">=", "~="].contains(bare)
  }

  private static func bindings(_ syntax: Syntax) -> [Binding] {
    if let variable = syntax.as(VariableDeclSyntax.self) {
      let isAsynchronous = variable.modifiers.contains { $0.name.tokenKind == .keyword(.async) }
      return variable.bindings.flatMap { binding in
        let isVariable = variable.bindingSpecifier.tokenKind == .keyword(.var) && !isComputed(binding.accessorBlock)
        return binding.pattern.boundNames.map { bound($0, isVariable, isAsynchronous) }
      }
    }
    guard let statement = syntax.as(GuardStmtSyntax.self) else { return [] }
    return statement.conditions.flatMap { element -> [Binding] in
      switch element.condition {
      case .optionalBinding(let node):
        node.pattern.boundNames.map { bound($0, node.bindingSpecifier.tokenKind == .keyword(.var), false) }
      case .matchingPattern(let node): node.pattern.boundNames.map { bound($0, false, false) }
      default: []
      }
    }
  }

  private static func bound(_ token: TokenSyntax, _ isVariable: Bool, _ isAsynchronous: Bool) -> Binding {
    Binding(name: token.plainName, spelling: token.text, isVariable: isVariable, isAsynchronous: isAsynchronous)
  }

  private static func isComputed(_ block: AccessorBlockSyntax?) -> Bool {
    switch block?.accessors {
    case .getter: true
    case .accessors(let list): list.contains { $0.accessorSpecifier.tokenKind == .keyword(.get) }
    case nil: false
    }
  }
}

/// `return` statements that would leave the cell itself.
private final class TopLevelReturns: SyntaxVisitor {
  private var offsets: [Int] = []

  static func offsets(in node: Syntax) -> [Int] {
    let visitor = TopLevelReturns(viewMode: .sourceAccurate)
    visitor.walk(node)
    return visitor.offsets
  }

  override func visit(_ node: ReturnStmtSyntax) -> SyntaxVisitorContinueKind {
    offsets.append(node.positionAfterSkippingLeadingTrivia.utf8Offset)
    return .skipChildren
  }
  override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visit(_ node: AccessorBlockSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visit(_ node: MemberBlockSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
}
