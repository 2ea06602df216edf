package import Core

/// The digest of the code that a stage of a notebook depends on.
///
/// SHA-256 over the tokens, without comments and white space, of the stage's declaration and of every declaration
/// in the notebook that it reaches by name. A change in a reached function changes it; moving, formatting or
/// commenting code does not.
package struct CodeDigest: Codable, Hashable, Sendable {
  /// The type's name, with the names of the types around it: `Outer.Inner`.
  package var name: String
  /// The cell that declares it.
  package var cell: Int
  /// The digest itself.
  package var digest: Digest
  /// True when the program gives it to the type; false when the type declares `codeDigest` itself.
  package var isGenerated: Bool
  /// True for a public type, whose `codeDigest` must be public too.
  var isPublic: Bool
  /// True when the type, or one around it, has generic parameters, so that its name is not a type by itself.
  var isGeneric: Bool

  /// The stages that a notebook's cells declare, in order.
  package static func all(in document: NotebookDocument) -> [CodeDigest] {
    let parts = document.cells.filter(\.options.eval).map { PartSyntax(.cell($0.id), code: $0.code) }
    return all(in: parts, plan: ProgramPlan(parts, constants: document.frontMatter.constantNames))
  }

  static func all(in parts: [PartSyntax], plan: ProgramPlan) -> [CodeDigest] {
    let graph = DeclarationGraph(parts, plan: plan)
    return StageTypes(parts).stages.map { stage in
      CodeDigest(
        name: stage.name, cell: stage.cell, digest: graph.digest(of: stage), isGenerated: !stage.declaresDigest,
        isPublic: stage.isPublic, isGeneric: stage.isGeneric)
    }
  }
}
