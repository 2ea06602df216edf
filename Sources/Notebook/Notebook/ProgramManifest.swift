package import Core

/// What is known of a program without parsing Swift again: kept beside the compiled program, found by ``fingerprint``.
package struct ProgramManifest: Codable, Hashable, Sendable {
  /// A cell or an inline expression of the program.
  package struct Part: Codable, Hashable, Sendable {
    package var id: Int
    /// The cells whose values it takes, ascending.
    package var needs: [Int]
    /// The names that it binds at top level, in order; empty for inline expressions.
    package var names: [String]
  }

  /// ``NotebookDocument/codeFingerprint`` of the notebook.
  package var fingerprint: Digest
  /// The digest of the generated source: equal digests, equal program.
  package var sourceDigest: Digest
  /// In order; without cells that are not evaluated.
  package var cells: [Part]
  package var inlines: [Part]
  /// The stages that the cells declare.
  package var stages: [CodeDigest]
  /// The calls of stages in the cells, in order.
  package var stageCalls: [StageCall]
}

extension NotebookDocument {
  /// The digest of everything that the program is made of, without parsing Swift: equal fingerprints, equal program.
  ///
  /// SHA-256 of `colophon-program-3`, the names and types of the seed and the parameters, and, in order, each evaluated cell's number
  /// and code and each inline expression's, every piece preceded by its length. Values of parameters are not part of a program. The converse does not hold: a comment changes the fingerprint and maybe not the program.
  package var codeFingerprint: Digest {
    var builder = DigestBuilder()
    func add(_ text: String) {
      let bytes = Array(text.utf8)
      withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { builder.update($0) }
      bytes.withUnsafeBytes { builder.update($0) }
    }
    add("colophon-program-3")
    for constant in frontMatter.constants {
      add("constant-\(constant.kind.rawValue)")
      add(constant.name)
    }
    for block in blocks {
      switch block {
      case .cell(let cell) where cell.options.eval:
        add("cell-\(cell.id)")
        add(cell.code)
      case .cell: break
      case .prose(let prose):
        for inline in prose.inlines {
          add("inline-\(inline.id)")
          add(inline.expression)
        }
      }
    }
    return builder.digest
  }
}
