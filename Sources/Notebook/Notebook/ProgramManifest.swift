package import Core

/// The facts about a program that are needed without parsing Swift again: kept with the compiled program, and found
/// by ``fingerprint``.
package struct ProgramManifest: Codable, Hashable, Sendable {
  /// A cell or an inline expression of the program.
  package struct Part: Codable, Hashable, Sendable {
    /// The number of the cell or of the inline expression.
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
  /// The evaluated cells, in order.
  package var cells: [Part]
  /// The inline expressions, in order.
  package var inlines: [Part]
  /// The stages that the cells declare.
  package var stages: [CodeDigest]
  /// The calls of stages in the cells, in order.
  package var stageCalls: [StageCall]
  /// The reads of environment variables by name in the cells, in order.
  package var variables: [VariableRead]
}

extension NotebookDocument {
  /// The digest of everything that the program is made of, without parsing Swift: equal fingerprints, equal program.
  ///
  /// SHA-256 of `colophon-program-4`, the names and types of the seed and the parameters, and, in order, the number
  /// and code of each evaluated cell and inline expression, every piece preceded by its length. Values of
  /// parameters are not part of a program. The converse does not hold: a comment changes the fingerprint, and maybe
  /// not the program.
  package var codeFingerprint: Digest {
    var builder = DigestBuilder()
    func add(_ text: String) {
      let bytes = Array(text.utf8)
      withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { builder.update($0) }
      bytes.withUnsafeBytes { builder.update($0) }
    }

    add("colophon-program-4")
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
