internal import SwiftSyntax

/// Code for which the Swift parser would take hours or end the process, both found by fuzzing swift-syntax 603.0.1:
/// such code is a fault of the notebook instead.
enum ParserLimits {
  /// The most square brackets that may be open at once. The parser looks ahead twice at each bracket that could
  /// begin a type, so that its time doubles with each that is open: a millisecond for 16, hours for 40.
  static let openBrackets = 16

  /// The offset of the first bracket that is one too many, in text and comments too; `nil` when there is none.
  static func offsetOfDeepBracket(_ code: [UInt8]) -> Int? {
    var depth = 0
    for (offset, byte) in code.enumerated() {
      if byte == UInt8(ascii: "]") { depth = max(0, depth - 1) }
      guard byte == UInt8(ascii: "[") else { continue }
      depth += 1
      if depth > openBrackets { return offset }
    }
    return nil
  }

  /// The first `=` with white space on both sides, as the parser's corrections count, that the parser itself takes
  /// for one without: an invisible character is before it. The parser has no correction for it, and traps where it
  /// looks for one.
  static func uncorrectable(in tree: SourceFileSyntax) -> TokenSyntax? {
    tree.tokens(viewMode: .sourceAccurate).first { token in
      token.tokenDiagnostic?.kind == .equalMustHaveConsistentWhitespaceOnBothSides && hasSpace(token.trailingTrivia)
        && token.previousToken(viewMode: .all).map { hasSpace($0.trailingTrivia) } == true
    }
  }

  private static func hasSpace(_ trivia: Trivia) -> Bool { trivia.contains(where: \.isSpaceOrTab) }
}
