internal import Foundation
internal import SwiftSyntax

/// The canonical bytes of a piece of Swift: its tokens and the beginnings of statements, no comments, no white space.
///
/// Each token is `1`, a byte for the operator's position (0 other, 1 prefix, 2 between, 3 postfix), its length as
/// four bytes little-endian and its UTF-8; each statement and member begins with `2`. Semicolons between statements
/// do not count.
final class TokenText: SyntaxVisitor {
  private var bytes: [UInt8] = []

  /// The bytes of a declaration, statement or expression.
  static func of(_ node: some SyntaxProtocol) -> [UInt8] {
    let visitor = TokenText(viewMode: .sourceAccurate)
    visitor.walk(node)
    return visitor.bytes
  }

  override func visit(_ node: CodeBlockItemSyntax) -> SyntaxVisitorContinueKind {
    bytes.append(2)
    return .visitChildren
  }

  override func visit(_ node: MemberBlockItemSyntax) -> SyntaxVisitorContinueKind {
    bytes.append(2)
    return .visitChildren
  }

  override func visit(_ token: TokenSyntax) -> SyntaxVisitorContinueKind {
    let position: UInt8 =
      switch token.tokenKind {
      case .prefixOperator: 1
      case .binaryOperator: 2
      case .postfixOperator: 3
      default: 0
      }
    if token.tokenKind == .semicolon { return .skipChildren }
    let text = Array(token.text.utf8)
    bytes += [1, position]
    withUnsafeBytes(of: UInt32(text.count).littleEndian) { bytes += $0 }
    bytes += text
    return .skipChildren
  }
}
