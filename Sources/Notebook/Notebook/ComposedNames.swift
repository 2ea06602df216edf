internal import SwiftSyntax

/// Names that look the same and are not the same for Swift: é as one character, and as a letter with a mark (NFC and
/// NFD). Editors and file systems change one into the other.
enum ComposedNames {
  /// A fault for each name that is written otherwise than at its first declaration at the top level of a cell.
  static func faults(in parts: [PartSyntax]) -> [(part: LineMap.Part, fault: PartSyntax.Fault)] {
    var spellings: [String: [UInt8]] = [:]
    for item in parts.flatMap(\.items) {
      for name in item.bindings.map(\.name) + (item.fileScopeNames ?? []) where !isASCII(name) {
        if spellings[name] == nil { spellings[name] = Array(name.utf8) }
      }
    }
    guard !spellings.isEmpty else { return [] }

    return parts.flatMap { part in
      part.tree.tokens(viewMode: .sourceAccurate).compactMap { token in
        guard case .identifier = token.tokenKind, let spelling = spellings[token.plainName],
          !token.plainName.utf8.elementsEqual(spelling)
        else { return nil }
        let place = part.place(of: token)
        let message = """
          “\(token.plainName)” looks like the name that is declared, but is written with other characters (a letter \
          and its mark, or both in one), which are two names for Swift: copy the name from its declaration
          """
        return (part.part, PartSyntax.Fault(message: message, line: place.line, column: place.column))
      }
    }
  }

  private static func isASCII(_ name: String) -> Bool { name.utf8.allSatisfy { $0 < 0x80 } }
}
