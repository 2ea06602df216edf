internal import SwiftSyntax

/// The names that declarations mention and that neither they nor their own types declare.
///
/// Inside a type, and in its extensions, a member comes before a declaration of the file of the same name.
struct FileScopeNames {
  /// For each type of the notebook, the names of its members, also those that its extensions add.
  private var members: [String: Set<String>] = [:]

  init(_ parts: [PartSyntax]) {
    for item in parts.flatMap(\.items) where item.role == .declaration {
      guard let type = item.typeName, let group = item.syntax.asProtocol((any DeclGroupSyntax).self) else { continue }
      members[type, default: []].formUnion(group.memberBlock.members.flatMap { $0.decl.declaredNames })
    }
  }

  /// The names that an item mentions.
  func mentions(of item: PartSyntax.Item) -> FreeNames.Mentions {
    let mentions = FreeNames.mentions(of: item.syntax)
    guard let type = item.typeName, let own = members[type] else { return mentions }
    return FreeNames.Mentions(names: mentions.names.subtracting(own), values: mentions.values.subtracting(own))
  }
}

extension PartSyntax.Item {
  /// The name of the type that the item declares or extends.
  fileprivate var typeName: String? {
    if let node = syntax.as(ExtensionDeclSyntax.self) { return node.extendedType.trimmedDescription }
    guard syntax.asProtocol((any DeclGroupSyntax).self) != nil else { return nil }
    return syntax.as(DeclSyntax.self)?.declaredName?.plainName
  }
}
