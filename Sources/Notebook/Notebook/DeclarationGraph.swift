internal import Core
internal import SwiftSyntax

/// The file-scope declarations of a notebook and which of them each one reaches by name.
///
/// From a declaration one reaches: every declaration whose name is among its identifiers and operators; extensions of a reached
/// type or protocol; extensions of a type from elsewhere when one of their members is named, or always when they add something
/// that is used without its name (an initialiser, a subscript, a conformance); and, since a generic or existential use may run
/// their code, the types that inherit from a name which is used other than in an inheritance clause.
struct DeclarationGraph {
  private struct Unit {
    var kind: String
    var name: String
    var text: [UInt8]
    var names: Set<String>
    /// Names that stand anywhere but in an inheritance clause.
    var usedNames: Set<String>
    var inherits: Set<String>
    var members: Set<String> = []
    var isAlwaysReached = false
  }

  private var units: [Unit] = []
  private var unitOfNode: [SyntaxIdentifier: Int] = [:]
  /// For each name, what a mention of it reaches.
  private var reachedByName: [String: [Int]] = [:]
  /// For each type or protocol of the notebook, its extensions.
  private var extensions: [String: [Int]] = [:]
  private var heirs: [String: [Int]] = [:]

  init(_ parts: [PartSyntax], plan: ProgramPlan) {
    for part in parts {
      guard case .cell(let id) = part.part else { continue }
      for (index, item) in part.items.enumerated() {
        let isHoisted =
          item.role == .declaration || item.role == .function && plan.localItems[id]?.contains(index) != true
        guard isHoisted, let declaration = item.syntax.as(DeclSyntax.self) else { continue }
        unitOfNode[item.syntax.id] = units.count
        units.append(Self.unit(declaration))
      }
    }
    let ownTypes = Set(units.filter { Self.typeKinds.contains($0.kind) }.map(\.name))
    for (index, unit) in units.enumerated() {
      if unit.kind != "extension" {
        reachedByName[unit.name, default: []].append(index)
      } else if let root = unit.name.split(separator: ".").first.map(String.init), ownTypes.contains(root) {
        extensions[root, default: []].append(index)
        units[index].isAlwaysReached = false
      } else {
        for member in unit.members { reachedByName[member, default: []].append(index) }
      }
      for name in unit.inherits { heirs[name, default: []].append(index) }
    }
  }

  /// The digest of a stage's type and all that it reaches.
  ///
  /// SHA-256 of `colophon-code-1`, the stage's name, and each reached declaration's kind, name and canonical bytes, sorted by
  /// these, every piece preceded by its length as eight bytes little-endian.
  func digest(of stage: StageTypes.Stage) -> Digest {
    var reached = Set(units.indices.filter { units[$0].isAlwaysReached })
    if let start = unitOfNode[stage.unit] { reached.insert(start) }
    var open = Array(reached)
    while let next = open.popLast() {
      let unit = units[next]
      var found: [Int] = extensions[unit.name] ?? []
      for name in unit.names { found += reachedByName[name] ?? [] }
      for name in unit.usedNames { found += heirs[name] ?? [] }
      for index in found where reached.insert(index).inserted { open.append(index) }
    }
    let pieces = reached.map { [Array(units[$0].kind.utf8), Array(units[$0].name.utf8), units[$0].text] }
    let sorted = pieces.sorted { left, right in
      for (a, b) in zip(left, right) where a != b { return a.lexicographicallyPrecedes(b) }
      return false
    }
    var builder = DigestBuilder()
    for piece in [Array("colophon-code-1".utf8), Array(stage.name.utf8)] + sorted.joined() {
      withUnsafeBytes(of: UInt64(piece.count).littleEndian) { builder.update($0) }
      piece.withUnsafeBytes { builder.update($0) }
    }
    return builder.digest
  }

  private static let typeKinds: Set<String> = ["struct", "class", "enum", "actor", "protocol"]

  private static func unit(_ declaration: DeclSyntax) -> Unit {
    let inheritance = Inheritance(viewMode: .sourceAccurate)
    inheritance.walk(declaration)
    var unit = Unit(
      kind: kind(declaration), name: declaration.declaredName?.plainName ?? "", text: TokenText.of(declaration),
      names: declaration.nameTokens, usedNames: inheritance.usedNames, inherits: inheritance.inherited)
    if let node = declaration.as(ExtensionDeclSyntax.self) {
      unit.name = node.extendedType.trimmedDescription
      for member in node.memberBlock.members {
        unit.members.formUnion(member.decl.declaredNames)
        if member.decl.is(InitializerDeclSyntax.self) || member.decl.is(SubscriptDeclSyntax.self) {
          unit.isAlwaysReached = true
        }
      }
      let impliedNames: Set<String> = [
        "callAsFunction", "dynamicallyCall", "appendInterpolation", "appendLiteral", "makeIterator",
        "makeAsyncIterator", "~=",
      ]
      if node.inheritanceClause != nil || !unit.members.isDisjoint(with: impliedNames) { unit.isAlwaysReached = true }
    }
    return unit
  }

  private static func kind(_ declaration: DeclSyntax) -> String {
    switch declaration.as(DeclSyntaxEnum.self) {
    case .structDecl: "struct"
    case .classDecl: "class"
    case .enumDecl: "enum"
    case .actorDecl: "actor"
    case .protocolDecl: "protocol"
    case .extensionDecl: "extension"
    case .functionDecl: "func"
    case .typeAliasDecl: "typealias"
    case .operatorDecl: "operator"
    case .precedenceGroupDecl: "precedencegroup"
    case .macroDecl: "macro"
    default: "other"
    }
  }
}

/// Tells the names in inheritance clauses of types and extensions from all others.
private final class Inheritance: SyntaxVisitor {
  var inherited: Set<String> = []
  var usedNames: Set<String> = []

  override func visit(_ node: InheritanceClauseSyntax) -> SyntaxVisitorContinueKind {
    inherited.formUnion(node.names)
    return .skipChildren
  }

  override func visit(_ node: TokenSyntax) -> SyntaxVisitorContinueKind {
    if case .identifier = node.tokenKind { usedNames.insert(node.plainName) }
    return .skipChildren
  }
}
