internal import Core
internal import SwiftDiagnostics
internal import SwiftParser
internal import SwiftParserDiagnostics
internal import SwiftSyntax

/// The parsed code of a cell or an inline expression, with the role of each top-level item in the program.
struct PartSyntax: Sendable {
  /// The part of the program that an item becomes.
  enum Role: Sendable {
    case importing
    /// A declaration that goes to file scope.
    case declaration
    /// A function, which goes to file scope unless it uses values of cells.
    case function
    /// A computed property, which goes to file scope as a function does.
    case property
    /// A constant that is a literal, which goes to file scope where something there needs it.
    case constant
    case statement
    /// The last item, an expression: its value is shown.
    case shown
  }

  /// A declaration, statement or expression at the top level of the part.
  struct Item: Sendable {
    var role: Role
    var syntax: Syntax
    /// The item's bytes, without comments and white space around it.
    var bytes: [UInt8]
    /// The line of the item's first byte, as the program counts.
    var line: Int
    /// The column of the item's first byte, from 1, in UTF-8 bytes.
    var column: Int
    /// The number of lines that the item takes.
    var lineCount: Int
    /// The names that it binds at the cell's top level.
    var bindings: [Binding] = []
    /// The names that it uses from outside itself.
    var freeNames: Set<String> = []
    /// Of a shown `if` or `switch`, the bytes of the expressions in its branches, in order.
    var branches: [Range<Int>] = []
  }

  /// A name that an item binds at the top level.
  struct Binding: Sendable {
    var name: String
    /// The name with backticks, if it is written with them.
    var spelling: String
    /// True for a stored `var`.
    var isVariable: Bool
    /// True for `async let`.
    var isAsynchronous: Bool
  }

  /// Something that is wrong with the code, at a place as the program counts.
  struct Fault: Sendable {
    var severity = Core.Diagnostic.Severity.error
    var message: String
    var line: Int
    var column: Int
  }

  let part: LineMap.Part
  let tree: SourceFileSyntax
  let items: [Item]
  /// Syntax errors, and code that a cell or an inline expression must not contain.
  let faults: [Fault]
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

    // Where too many brackets are open nothing was parsed, so there is no other fault.
    var faults = Self.syntaxFaults(tree, in: source)
    if let tooDeep {
      let limit = "more than \(ParserLimits.openBrackets) square brackets are open here"
      faults.append(Fault("\(limit): give a name to what is inside", at: tooDeep, in: source))
    }
    switch part {
    case .cell:
      let returns = items.filter { $0.role == .statement }.flatMap { TopLevelReturns.offsets(in: $0.syntax) }
      let message =
        "a cell cannot return: write the value as the cell's last expression, or put the code into a function"
      faults += returns.map { Fault(message, at: $0, in: source) }
    case .inline:
      if faults.isEmpty, items.count != 1 || items.first?.role != .shown {
        faults.append(Fault(message: "inline code must be one Swift expression with a value", line: 2, column: 1))
      }
    }
    self.faults = faults
  }

  private static func syntaxFaults(_ tree: SourceFileSyntax, in source: SourceText) -> [Fault] {
    guard tree.hasError || tree.hasWarning else { return [] }
    if tree.hasError, let equal = ParserLimits.uncorrectable(in: tree) {
      let offset = equal.positionAfterSkippingLeadingTrivia.utf8Offset
      return [Fault("there is an invisible character before this “=”: delete it", at: offset, in: source)]
    }
    return ParseDiagnosticsGenerator.diagnostics(for: tree).map { diagnostic in
      var fault = Fault(diagnostic.message, at: diagnostic.position.utf8Offset, in: source)
      if diagnostic.diagMessage.severity != .error { fault.severity = .warning }
      return fault
    }
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
    case .function, .property, .constant, .statement, .shown:
      item.freeNames = FreeNames.of(syntax)
      item.bindings = bindings(syntax)
    }
    if item.role == .shown {
      item.branches = (BranchValues.of(syntax) ?? []).map { value in
        let first = value.positionAfterSkippingLeadingTrivia.utf8Offset
        return first - start..<max(first, value.endPositionBeforeTrailingTrivia.utf8Offset) - start
      }
    }
    return item
  }

  private static func role(_ syntax: Syntax, isLast: Bool) -> Role {
    if syntax.is(ImportDeclSyntax.self) { return .importing }
    if syntax.is(FunctionDeclSyntax.self) { return .function }
    if let variable = syntax.as(VariableDeclSyntax.self) {
      return variable.isComputedProperty ? .property : variable.isLiteralConstant ? .constant : .statement
    }
    if let declaration = syntax.as(DeclSyntax.self) {
      switch declaration.as(DeclSyntaxEnum.self) {
      case .structDecl, .classDecl, .enumDecl, .actorDecl, .protocolDecl, .extensionDecl, .typeAliasDecl, .operatorDecl,
        .precedenceGroupDecl, .macroDecl:
        return .declaration
      default: return .statement
      }
    }
    if isLast, BranchValues.of(syntax) != nil { return .shown }
    guard isLast, let expression = syntax.as(ExprSyntax.self) else { return .statement }
    return hasValue(expression) ? .shown : .statement
  }

  /// True for an expression that is more than an assignment or a compiler directive.
  static func hasValue(_ expression: ExprSyntax) -> Bool {
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
        let isStored = binding.accessorBlock?.isComputed != true
        let isVariable = variable.bindingSpecifier.tokenKind == .keyword(.var) && isStored
        return binding.pattern.boundNames.map { bound($0, isVariable: isVariable, isAsynchronous: isAsynchronous) }
      }
    }
    guard let statement = syntax.as(GuardStmtSyntax.self) else { return [] }
    return statement.conditions.flatMap { element -> [Binding] in
      switch element.condition {
      case .optionalBinding(let node):
        node.pattern.boundNames.map { bound($0, isVariable: node.bindingSpecifier.tokenKind == .keyword(.var)) }
      case .matchingPattern(let node): node.pattern.boundNames.map { bound($0, isVariable: false) }
      default: []
      }
    }
  }

  private static func bound(_ token: TokenSyntax, isVariable: Bool, isAsynchronous: Bool = false) -> Binding {
    Binding(name: token.plainName, spelling: token.text, isVariable: isVariable, isAsynchronous: isAsynchronous)
  }
}

extension PartSyntax.Fault {
  /// An error at an offset of the part's code, whose first line the program counts as the second.
  fileprivate init(_ message: String, at offset: Int, in source: SourceText) {
    let place = source.position(of: offset)
    self.init(message: message, line: place.line + 1, column: place.column)
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
