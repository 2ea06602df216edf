internal import SwiftSyntax

extension VariableDeclSyntax {
  /// True for `let` with names, each of which is given a literal: its value is known without running anything.
  var isLiteralConstant: Bool {
    guard bindingSpecifier.tokenKind == .keyword(.let), modifiers.isEmpty, attributes.isEmpty else { return false }
    return bindings.allSatisfy { binding in
      guard binding.pattern.is(IdentifierPatternSyntax.self), binding.accessorBlock == nil,
        let value = binding.initializer?.value, value.isLiteral
      else { return false }
      return binding.typeAnnotation.map { $0.type.isOfLiterals } ?? true
    }
  }

  /// True for `var` with one name and a getter.
  var isComputedProperty: Bool {
    guard bindingSpecifier.tokenKind == .keyword(.var), modifiers.isEmpty, bindings.count == 1,
      let binding = bindings.first, binding.pattern.is(IdentifierPatternSyntax.self), binding.initializer == nil
    else { return false }
    return binding.accessorBlock.map(\.isComputed) ?? false
  }
}

extension AccessorBlockSyntax {
  /// True when there is a getter, so that nothing is stored.
  var isComputed: Bool {
    switch accessors {
    case .getter: true
    case .accessors(let list): list.contains { $0.accessorSpecifier.tokenKind == .keyword(.get) }
    }
  }
}

extension ExprSyntax {
  /// True for a number, a truth value, `nil`, a text without values in it, and for arrays, dictionaries and tuples of
  /// these.
  fileprivate var isLiteral: Bool {
    switch self.as(ExprSyntaxEnum.self) {
    case .integerLiteralExpr, .floatLiteralExpr, .booleanLiteralExpr, .nilLiteralExpr: return true
    case .stringLiteralExpr(let node): return node.segments.allSatisfy { $0.is(StringSegmentSyntax.self) }
    case .prefixOperatorExpr(let node): return ["-", "+"].contains(node.operator.text) && node.expression.isNumber
    case .arrayExpr(let node): return node.elements.allSatisfy(\.expression.isLiteral)
    case .tupleExpr(let node): return !node.elements.isEmpty && node.elements.allSatisfy(\.expression.isLiteral)
    case .dictionaryExpr(let node):
      guard case .elements(let elements) = node.content else { return true }
      return elements.allSatisfy { $0.key.isLiteral && $0.value.isLiteral }
    default: return false
    }
  }

  private var isNumber: Bool { self.is(IntegerLiteralExprSyntax.self) || self.is(FloatLiteralExprSyntax.self) }
}

extension TypeSyntax {
  /// True for a type that literals have and that every task may use; another type could run code of its own.
  fileprivate var isOfLiterals: Bool {
    switch self.as(TypeSyntaxEnum.self) {
    case .identifierType(let node):
      let arguments = node.genericArgumentClause?.arguments.map(\.argument) ?? []
      return Self.literalTypes.contains(node.name.text)
        && arguments.allSatisfy { if case .type(let type) = $0 { type.isOfLiterals } else { false } }
    case .arrayType(let node): return node.element.isOfLiterals
    case .dictionaryType(let node): return node.key.isOfLiterals && node.value.isOfLiterals
    case .optionalType(let node): return node.wrappedType.isOfLiterals
    case .tupleType(let node): return node.elements.allSatisfy(\.type.isOfLiterals)
    default: return false
    }
  }

  private static let literalTypes: Set<String> = [
    "Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8", "UInt16", "UInt32", "UInt64", "Double", "Float", "Bool",
    "String", "Character", "Array", "Set", "Dictionary", "Optional",
  ]
}
