internal import SwiftSyntax

/// The types of a notebook that are stages, also by a protocol of the notebook's own or by an extension.
struct StageTypes {
  /// A type that is a stage.
  struct Stage {
    /// The type's name, with the names of the types around it.
    var name: String
    var cell: Int
    /// The top-level declaration that it is in.
    var unit: SyntaxIdentifier
    /// True when the type has a `codeDigest` of its own.
    var declaresDigest: Bool
    var isPublic: Bool
    var isGeneric: Bool
  }

  /// The stages in the notebook's order.
  private(set) var stages: [Stage] = []
  /// Stages inside functions, or private to another type, where no extension can reach them.
  private(set) var hidden: [(part: LineMap.Part, node: Syntax, name: String)] = []

  init(_ parts: [PartSyntax]) {
    let visitors = parts.compactMap { part -> TypeVisitor? in
      guard case .cell(let id) = part.part else { return nil }
      let visitor = TypeVisitor(cell: id)
      for item in part.items {
        visitor.unit = item.syntax.id
        visitor.walk(item.syntax)
      }
      return visitor
    }

    // The protocols that make a type a stage, also by way of other protocols of the notebook.
    var stageProtocols: Set<String> = ["Stage"]
    let protocols = visitors.flatMap(\.protocols)
    while true {
      let more = protocols.filter { !stageProtocols.contains($0.name) && !stageProtocols.isDisjoint(with: $0.inherits) }
      if more.isEmpty { break }
      stageProtocols.formUnion(more.map(\.name))
    }

    let extensions = Dictionary(grouping: visitors.flatMap(\.extensions), by: \.name)
    for visitor in visitors {
      for type in visitor.types {
        let parts = [type] + (extensions[type.name] ?? [])
        guard parts.contains(where: { !stageProtocols.isDisjoint(with: $0.inherits) }) else { continue }
        guard !type.isHidden else {
          hidden.append((.cell(type.cell), type.node, type.name))
          continue
        }

        stages.append(
          Stage(
            name: type.name, cell: type.cell, unit: type.unit,
            declaresDigest: parts.contains { $0.members.contains("codeDigest") }, isPublic: type.isPublic,
            isGeneric: type.isGeneric))
      }
    }
  }
}

/// A type declaration or an extension.
private struct DeclaredType {
  var name: String
  var cell: Int
  var unit: SyntaxIdentifier
  var node: Syntax
  var inherits: [String]
  var members: Set<String>
  var isPublic: Bool
  var isHidden: Bool
  var isGeneric: Bool
}

private final class TypeVisitor: SyntaxVisitor {
  var unit: SyntaxIdentifier
  private(set) var types: [DeclaredType] = []
  private(set) var extensions: [DeclaredType] = []
  private(set) var protocols: [DeclaredType] = []
  private let cell: Int
  private var path: [String] = []
  /// For each name of ``path``, true when code at file scope cannot name the type.
  private var isConcealed: [Bool] = []
  /// For each name of ``path``, true when the type has generic parameters.
  private var hasParameters: [Bool] = []
  private var codeDepth = 0

  init(cell: Int) {
    self.cell = cell
    unit = Syntax(TokenSyntax.identifier("")).id
    super.init(viewMode: .sourceAccurate)
  }

  private func declared(
    _ node: some DeclGroupSyntax, _ name: String
  ) -> DeclaredType {
    DeclaredType(
      name: (path + [name]).joined(separator: "."), cell: cell, unit: unit, node: Syntax(node),
      inherits: node.inheritanceClause?.names ?? [],
      members: Set(node.memberBlock.members.flatMap { $0.decl.declaredNames }),
      isPublic: node.modifiers.contains { $0.name.text == "public" || $0.name.text == "open" },
      isHidden: codeDepth > 0 || conceals(node),
      isGeneric: hasParameters.contains(true)
        || node.asProtocol((any WithGenericParametersSyntax).self)?.genericParameterClause != nil)
  }

  private func enter(_ node: some DeclGroupSyntax, _ name: TokenSyntax) -> SyntaxVisitorContinueKind {
    types.append(declared(node, name.text))
    isConcealed.append(conceals(node))
    hasParameters.append(node.asProtocol((any WithGenericParametersSyntax).self)?.genericParameterClause != nil)
    path.append(name.text)
    return .visitChildren
  }

  private func leave() {
    path.removeLast()
    isConcealed.removeLast()
    hasParameters.removeLast()
  }

  /// True for a type that is private to the one around it, or is inside of such a type.
  private func conceals(_ node: some DeclGroupSyntax) -> Bool {
    isConcealed.contains(true) || !path.isEmpty && node.modifiers.contains { $0.name.text == "private" }
  }

  override func visit(_ node: StructDeclSyntax) -> SyntaxVisitorContinueKind { enter(node, node.name) }
  override func visitPost(_ node: StructDeclSyntax) { leave() }
  override func visit(_ node: ClassDeclSyntax) -> SyntaxVisitorContinueKind { enter(node, node.name) }
  override func visitPost(_ node: ClassDeclSyntax) { leave() }
  override func visit(_ node: EnumDeclSyntax) -> SyntaxVisitorContinueKind { enter(node, node.name) }
  override func visitPost(_ node: EnumDeclSyntax) { leave() }
  override func visit(_ node: ActorDeclSyntax) -> SyntaxVisitorContinueKind { enter(node, node.name) }
  override func visitPost(_ node: ActorDeclSyntax) { leave() }

  override func visit(_ node: ProtocolDeclSyntax) -> SyntaxVisitorContinueKind {
    protocols.append(declared(node, node.name.text))
    return .skipChildren
  }

  override func visit(_ node: ExtensionDeclSyntax) -> SyntaxVisitorContinueKind {
    let name = node.extendedType.trimmedDescription
    extensions.append(declared(node, name))
    isConcealed.append(false)
    hasParameters.append(false)
    path.append(name)
    return .visitChildren
  }
  override func visitPost(_ node: ExtensionDeclSyntax) { leave() }

  override func visit(_ node: CodeBlockSyntax) -> SyntaxVisitorContinueKind { enterCode() }
  override func visitPost(_ node: CodeBlockSyntax) { codeDepth -= 1 }
  override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind { enterCode() }
  override func visitPost(_ node: ClosureExprSyntax) { codeDepth -= 1 }
  override func visit(_ node: AccessorBlockSyntax) -> SyntaxVisitorContinueKind { enterCode() }
  override func visitPost(_ node: AccessorBlockSyntax) { codeDepth -= 1 }

  private func enterCode() -> SyntaxVisitorContinueKind {
    codeDepth += 1
    return .visitChildren
  }
}
