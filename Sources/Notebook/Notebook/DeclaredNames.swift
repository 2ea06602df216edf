internal import SwiftSyntax

extension TokenSyntax {
  /// The text without the backticks that make a keyword a name.
  var plainName: String {
    let text = self.text
    return text.hasPrefix("`") && text.hasSuffix("`") && text.utf8.count > 2
      ? String(text.dropFirst().dropLast()) : text
  }
}

extension SyntaxProtocol {
  /// The texts of all identifiers and operators in it.
  var nameTokens: Set<String> {
    var names: Set<String> = []
    for token in tokens(viewMode: .sourceAccurate) {
      switch token.tokenKind {
      case .identifier, .binaryOperator, .prefixOperator, .postfixOperator: names.insert(token.plainName)
      default: break
      }
    }
    return names
  }
}

extension PatternSyntax {
  /// The names that the pattern binds, in order.
  var boundNames: [TokenSyntax] {
    let visitor = BoundNames(viewMode: .sourceAccurate)
    visitor.walk(self)
    return visitor.names
  }
}

private final class BoundNames: SyntaxVisitor {
  var names: [TokenSyntax] = []

  override func visit(_ node: IdentifierPatternSyntax) -> SyntaxVisitorContinueKind {
    names.append(node.identifier)
    return .skipChildren
  }
  override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
}

extension DeclSyntax {
  /// The names that this declaration brings into its scope; operators and cases too, initialisers and subscripts not.
  var declaredNames: [String] {
    switch self.as(DeclSyntaxEnum.self) {
    case .variableDecl(let node): node.bindings.flatMap { $0.pattern.boundNames.map(\.plainName) }
    case .enumCaseDecl(let node): node.elements.map(\.name.plainName)
    default: declaredName.map { [$0.plainName] } ?? []
    }
  }

  /// The name of a declaration that has exactly one.
  var declaredName: TokenSyntax? {
    switch self.as(DeclSyntaxEnum.self) {
    case .structDecl(let node): node.name
    case .classDecl(let node): node.name
    case .enumDecl(let node): node.name
    case .actorDecl(let node): node.name
    case .protocolDecl(let node): node.name
    case .functionDecl(let node): node.name
    case .typeAliasDecl(let node): node.name
    case .associatedTypeDecl(let node): node.name
    case .macroDecl(let node): node.name
    case .operatorDecl(let node): node.name
    case .precedenceGroupDecl(let node): node.name
    default: nil
    }
  }
}

extension InheritanceClauseSyntax {
  /// The inherited types' own names: `Stage` for `Colophon.Stage`, both for `A & B`.
  var names: [String] { inheritedTypes.flatMap { Self.names($0.type) } }

  private static func names(_ type: TypeSyntax) -> [String] {
    switch type.as(TypeSyntaxEnum.self) {
    case .identifierType(let node): [node.name.plainName]
    case .memberType(let node): [node.name.plainName]
    case .attributedType(let node): names(node.baseType)
    case .compositionType(let node): node.elements.flatMap { names($0.type) }
    default: []
    }
  }
}

extension PartSyntax.Item {
  /// The names by which other cells can use this declaration: its own, or an extension's members.
  var fileScopeNames: [String]? {
    guard let declaration = syntax.as(DeclSyntax.self) else { return nil }
    if let node = declaration.as(ExtensionDeclSyntax.self) {
      return node.memberBlock.members.flatMap { $0.decl.declaredNames }
    }
    return declaration.declaredNames
  }
}

extension PartSyntax {
  /// The top-level declarations of a cell under the name of the seed or of a parameter.
  func redeclarations(of frontMatter: FrontMatter) -> [Fault] {
    let lines = Dictionary(frontMatter.parameters.map { ($0.name, " (line \($0.line))") }) { first, _ in first }
    let names = frontMatter.constantNames
    guard case .cell = part, !names.isEmpty else { return [] }
    return items.flatMap { item in
      let declared = item.bindings.map(\.name) + (item.syntax.as(DeclSyntax.self)?.declaredNames ?? [])
      return Set(declared).intersection(names).sorted().map { name in
        let kind = name == "seed" ? "the seed of the notebook" : "a parameter of the notebook\(lines[name] ?? "")"
        return Fault(
          message: "“\(name)” is \(kind): a cell must not declare it again; choose another name", line: item.line,
          column: item.column)
      }
    }
  }
}
