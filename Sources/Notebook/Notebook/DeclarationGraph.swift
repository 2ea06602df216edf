internal import Core
internal import SwiftSyntax

/// The file-scope declarations of a notebook, and for each one the others that it reaches by name.
///
/// A declaration reaches a constant or a computed property when it mentions it, and not a member, a parameter or a
/// variable of its own that has the same name. It reaches every other declaration whose name is among its identifiers
/// and operators, and the extensions of a reached type or protocol. It reaches an extension of a type from elsewhere
/// when it names one of the extension's members, or always when the extension adds something that is used without its
/// name: an initialiser, a subscript, a conformance. And since a generic or existential use may run their code, it
/// reaches the types that inherit from a name that it uses outside an inheritance clause.
struct DeclarationGraph {
  /// A declaration.
  private struct Unit {
    /// The keyword that introduces it.
    var kind: String
    /// Its name; for an extension the extended type.
    var name: String
    /// Its canonical bytes; see ``TokenText``.
    var text: [UInt8]
    /// All its identifiers and operators.
    var names: Set<String>
    /// The identifiers outside inheritance clauses.
    var usedNames: Set<String>
    /// The names in inheritance clauses.
    var inherits: Set<String>
    /// For an extension, the names of its members; for a constant or a computed property, what it declares.
    var members: Set<String> = []
    /// True for an extension that adds something that is used without its name.
    var isAlwaysReached = false
    /// The names that it mentions and does not declare; empty in a notebook without values at file scope.
    var mentions = FreeNames.Mentions(names: [], values: [])
  }

  private var units: [Unit] = []
  private var unitOfNode: [SyntaxIdentifier: Int] = [:]
  /// For each name, the declarations that a mention of it reaches.
  private var reachedByName: [String: [Int]] = [:]
  /// For each name of a constant or a computed property, the declaration that a mention of it reaches.
  private var valueOfName: [String: Int] = [:]
  /// For each type or protocol of the notebook, its extensions.
  private var extensions: [String: [Int]] = [:]
  /// For each name, the declarations that inherit from it.
  private var subtypes: [String: [Int]] = [:]

  init(_ parts: [PartSyntax], plan: ProgramPlan) {
    let fileScope = plan.hoistedItems.isEmpty ? nil : FileScopeNames(parts)
    for part in parts {
      guard case .cell(let id) = part.part else { continue }
      for (index, item) in part.items.enumerated() where plan.isAtFileScope(item, at: index, of: id) {
        guard let declaration = item.syntax.as(DeclSyntax.self) else { continue }
        unitOfNode[item.syntax.id] = units.count
        var unit = Self.unit(declaration)
        if let fileScope { unit.mentions = fileScope.mentions(of: item) }
        units.append(unit)
      }
    }

    // An extension of a notebook's own type counts with the type; one of another type is reached by its members.
    let ownTypes = Set(units.filter { Self.typeKinds.contains($0.kind) }.map(\.name))
    for (index, unit) in units.enumerated() {
      if Self.valueKinds.contains(unit.kind) {
        for name in unit.members { valueOfName[name] = index }
      } else if unit.kind != "extension" {
        reachedByName[unit.name, default: []].append(index)
      } else if let root = unit.name.split(separator: ".").first.map(String.init), ownTypes.contains(root) {
        extensions[root, default: []].append(index)
        units[index].isAlwaysReached = false
      } else {
        for member in unit.members { reachedByName[member, default: []].append(index) }
      }
      for name in unit.inherits { subtypes[name, default: []].append(index) }
    }
  }

  /// The digest of a stage's type and all that it reaches.
  ///
  /// SHA-256 of `colophon-code-1`, the stage's name, and each reached declaration's kind, name and canonical bytes,
  /// sorted by these, every piece preceded by its length as eight bytes little-endian.
  func digest(of stage: StageTypes.Stage) -> Digest {
    var reached = Set(units.indices.filter { units[$0].isAlwaysReached })
    if let start = unitOfNode[stage.unit] { reached.insert(start) }
    var open = Array(reached)
    while let next = open.popLast() {
      let unit = units[next]
      var found: [Int] = extensions[unit.name] ?? []
      for name in unit.names { found += reachedByName[name] ?? [] }
      for name in unit.usedNames { found += subtypes[name] ?? [] }
      for name in unit.mentions.names {
        // No literal can be called: the mention is of something else.
        guard let value = valueOfName[name], units[value].kind == "var" || unit.mentions.values.contains(name) else {
          continue
        }
        found.append(value)
      }
      for index in found where reached.insert(index).inserted { open.append(index) }
    }

    // Sorted, so that moving a declaration changes nothing.
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

  private static let valueKinds: Set<String> = ["let", "var"]

  private static func unit(_ declaration: DeclSyntax) -> Unit {
    let inheritance = Inheritance(viewMode: .sourceAccurate)
    inheritance.walk(declaration)
    var unit = Unit(
      kind: kind(declaration), name: declaration.declaredName?.plainName ?? "", text: TokenText.of(declaration),
      names: declaration.nameTokens, usedNames: inheritance.usedNames, inherits: inheritance.inherited)

    if declaration.is(VariableDeclSyntax.self) {
      unit.members = Set(declaration.declaredNames)
      unit.name = declaration.declaredNames.joined(separator: ",")
    }
    if let node = declaration.as(ExtensionDeclSyntax.self) {
      unit.name = node.extendedType.trimmedDescription
      for member in node.memberBlock.members {
        unit.members.formUnion(member.decl.declaredNames)
        if member.decl.is(InitializerDeclSyntax.self) || member.decl.is(SubscriptDeclSyntax.self) {
          unit.isAlwaysReached = true
        }
      }
      // The compiler calls these where the source does not name them.
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
    case .variableDecl(let node): node.bindingSpecifier.text
    default: "other"
    }
  }
}

/// Separates the names in inheritance clauses of types and extensions from all others.
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
