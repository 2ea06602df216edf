package import Core

/// The identity of a stage's result: equal keys have equal outputs.
///
/// The key is the SHA-256 of the canonical encoding of the format version, the stage's name, its output's format, its
/// code's digest, and the name, kind and digest of every input and declared facet. Inputs count by the digest of their
/// content, so that an upstream stage that runs again and gives the same bytes changes no key downstream. A stage that
/// is held in a property may run as a part of this one: its code and its facets count too.
package struct StageKey: Sendable {
  /// The SHA-256 that results are stored under.
  package let digest: Digest
  /// All components, `stage` and `code` first.
  package let components: [KeyComponent]

  /// The key of a stage with these inputs.
  /// - Parameters:
  ///   - libraryCode: the digest of the code that a notebook's own stages may call.
  ///   - isBuiltIn: true for a stage of Colophon's own, whose code digest covers everything that it calls.
  package init<S: Stage>(of type: S.Type, inputs: StageInputs, libraryCode: Digest, isBuiltIn: Bool) {
    let code = type.codeDigest ?? libraryCode
    var components = [
      KeyComponent(
        name: "stage", kind: .stage, digest: CanonicalValue.list([.text(S.name), .text(S.Output.format)]).digest,
        display: "\(S.name) → \(S.Output.format)"),
      KeyComponent(name: "code", kind: .code, digest: code, display: code.short),
    ]

    // A notebook's stage may call any code of the library, and so does one that calls a notebook's stage.
    if !isBuiltIn || !inputs.stages.allSatisfy({ RunEnvironment.isBuiltIn($0.type) }) {
      components.append(.init(name: "library", kind: .code, digest: libraryCode, display: libraryCode.short))
      // Any of the notebook's own stages may read what the notebook declares.
      components += DeclaredVariables.components
    }
    components += inputs.stages.map { path, type in
      let code = type.codeDigest ?? libraryCode
      return KeyComponent(name: KeyComponent.codeName(path), kind: .code, digest: code, display: code.short)
    }
    components += inputs.components
    components += Self.facets(of: type, inputs)

    self.components = components
    digest =
      CanonicalValue.list(
        [.integer(Int64(CanonicalValue.formatVersion))]
          + components.map { .list([.text($0.kind.rawValue), .text($0.name), .digest($0.digest)]) }
      ).digest
  }

  /// The facets that the stage declares, then those of the stages in its properties that it does not declare itself.
  private static func facets(of type: any Stage.Type, _ inputs: StageInputs) -> [KeyComponent] {
    let own = type.environment
    var facets = own.map { (name: $0.name, facet: $0) }
    let declared = Set(own.map(\.name))
    for (path, type) in inputs.stages {
      facets += type.environment.filter { !declared.contains($0.name) }.map { (name: "\(path).\($0.name)", facet: $0) }
    }
    return facets.map { name, facet in
      let value = facet.value
      return KeyComponent(name: name, kind: .facet, digest: CanonicalValue.text(value).digest, display: value)
    }
  }
}
