package import Core

/// What identifies a stage's result: equal keys, equal outputs.
///
/// The key is the SHA-256 of the canonical encoding of the format version, the stage's name, its output's format, its code's
/// digest, and the name, kind and digest of every input and declared facet. Inputs count by the digest of their content, so a
/// rerun upstream that yields the same bytes changes no key below it.
package struct StageKey: Sendable {
  package let digest: Digest
  /// All components, `stage` and `code` first.
  package let components: [KeyComponent]

  /// - Parameter libraryCode: the digest of the code that a notebook's own stages may call.
  package init<S: Stage>(of type: S.Type, inputs: StageInputs, libraryCode: Digest, isBuiltIn: Bool) {
    let code = type.codeDigest ?? libraryCode
    var components = [
      KeyComponent(
        name: "stage", kind: .stage, digest: CanonicalValue.list([.text(S.name), .text(S.Output.format)]).digest,
        display: "\(S.name) → \(S.Output.format)"),
      KeyComponent(name: "code", kind: .code, digest: code, display: code.short),
    ]
    if !isBuiltIn {
      components.append(.init(name: "library", kind: .code, digest: libraryCode, display: libraryCode.short))
    }
    components += inputs.components
    components += type.environment.map { facet in
      let value = facet.value
      return KeyComponent(name: facet.name, kind: .facet, digest: CanonicalValue.text(value).digest, display: value)
    }
    self.components = components
    digest =
      CanonicalValue.list(
        [.integer(Int64(CanonicalValue.formatVersion))]
          + components.map { .list([.text($0.kind.rawValue), .text($0.name), .digest($0.digest)]) }
      ).digest
  }
}
