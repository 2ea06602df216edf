internal import SwiftSyntax

/// Which values and local functions each part of the program takes from earlier cells, and which values each cell gives.
struct ProgramPlan: Sendable {
  /// A value bound at the top level of a cell.
  struct Value: Hashable, Sendable {
    var name: String
    var cell: Int
    var spelling: String
    var isVariable: Bool
    var isAsynchronous: Bool
  }

  /// A function of a cell that uses values of cells and therefore stays inside the closures of the cells that use it.
  struct LocalFunction: Sendable {
    var name: String
    var cell: Int
    /// Its place among the items of its cell.
    var item: Int
    var values: [Value] = []
    /// Keys of other local functions.
    var functions: [FunctionKey] = []
  }

  struct FunctionKey: Hashable, Sendable {
    var name: String
    var cell: Int
  }

  /// Something that a part's closure declares before the part's own code.
  enum Entry: Sendable {
    /// Taken from place `index` of the `count` values that a cell gives.
    case value(Value, from: Int, index: Int, count: Int)
    case function(cell: Int, item: Int)
  }

  struct PartPlan: Sendable {
    /// Nested scopes, outermost first; the code follows in the last.
    var layers: [[Entry]] = [[]]
    /// The cells whose values it takes, ascending.
    var needs: [Int] = []
    /// What a cell gives to later ones, in order.
    var exports: [Value] = []
    /// Whether it takes a value that was bound with `async let`.
    var takesAsynchronous = false
  }

  private(set) var parts: [LineMap.Part: PartPlan] = [:]
  /// Items of cells that stay in their closures, by cell and place.
  private(set) var localItems: [Int: Set<Int>] = [:]
  /// For each name, the cells that bind it or declare it as a local function.
  private(set) var cellsOfName: [String: [Int]] = [:]
  /// Variables that a later cell takes over: the compiler, which sees one cell, may think that they never change.
  private(set) var sharedVariables: Set<Value> = []

  /// The seed and the parameters: values that no cell binds and every cell sees.
  private let constants: Set<String>
  private var visibleValues: [String: Value] = [:]
  private var visibleFunctions: [String: FunctionKey] = [:]
  private var functions: [FunctionKey: [LocalFunction]] = [:]
  private var givers: [Value: (cell: Int, index: Int, count: Int)] = [:]

  /// - Parameters:
  ///   - parts: cells and inline expressions in the notebook's order.
  ///   - constants: names of the seed and the parameters.
  init(_ parts: [PartSyntax], constants: Set<String>) {
    self.constants = constants
    for part in parts {
      switch part.part {
      case .cell(let id): planCell(id, part)
      case .inline: self.parts[part.part] = planUses(part, ownValues: [:], ownFunctions: [:]).plan
      }
    }
  }

  /// Whether a cell declares a function of this name that uses values of cells.
  func isLocalFunction(_ name: String, of cell: Int) -> Bool { functions[FunctionKey(name: name, cell: cell)] != nil }

  private mutating func planCell(_ id: Int, _ part: PartSyntax) {
    var ownValues: [String: Value] = [:]
    var order: [Value] = []
    for binding in part.items.flatMap(\.bindings) where ownValues[binding.name] == nil {
      let value = Value(
        name: binding.name, cell: id, spelling: binding.spelling, isVariable: binding.isVariable,
        isAsynchronous: binding.isAsynchronous)
      ownValues[binding.name] = value
      order.append(value)
    }
    let ownFunctions = findLocalFunctions(id, part, ownValues)
    var (plan, scope) = planUses(part, ownValues: ownValues, ownFunctions: ownFunctions)
    let taken = plan.layers.joined().compactMap { entry -> Value? in
      if case .value(let value, _, _, _) = entry, value.isVariable { value } else { nil }
    }
    sharedVariables.formUnion(taken)
    plan.exports =
      order + taken.filter { ownValues[$0.name] == nil && ownFunctions[$0.name] == nil && scope[$0.name] == .value($0) }
    for (index, value) in plan.exports.enumerated() { givers[value] = (id, index, plan.exports.count) }
    parts[part.part] = plan
    for value in order {
      visibleValues[value.name] = value
      visibleFunctions[value.name] = nil
      cellsOfName[value.name, default: []].append(id)
    }
    for item in part.items where item.role == .function {
      guard let name = item.functionName else { continue }
      visibleFunctions[name] = ownFunctions[name]
      if ownFunctions[name] != nil {
        visibleValues[name] = nil
        cellsOfName[name, default: []].append(id)
      }
    }
  }

  /// Finds the functions that use values of cells, directly or through each other, and resolves their names.
  private mutating func findLocalFunctions(
    _ id: Int, _ part: PartSyntax, _ ownValues: [String: Value]
  ) -> [String: FunctionKey] {
    // An operator is always at file scope: the language allows it nowhere else.
    let candidates = part.items.indices.filter { index in
      part.items[index].role == .function && !part.items[index].isOperator
    }
    let hoistedNames = Set(candidates.compactMap { part.items[$0].functionName })
    var own: [String: FunctionKey] = [:]
    var local: Set<Int> = []
    var changed = true
    while changed {
      changed = false
      for index in candidates where !local.contains(index) {
        let item = part.items[index]
        let usesLocal = item.freeNames.contains { name in
          if own[name] != nil || ownValues[name] != nil { return true }
          if hoistedNames.contains(name) { return false }
          return visibleValues[name] != nil || visibleFunctions[name] != nil || constants.contains(name)
        }
        guard usesLocal, let name = item.functionName else { continue }
        local.insert(index)
        own[name] = FunctionKey(name: name, cell: id)
        changed = true
      }
    }
    for index in local.sorted() {
      let item = part.items[index]
      guard let name = item.functionName, let key = own[name] else { continue }
      var function = LocalFunction(name: name, cell: id, item: index)
      for free in item.freeNames.sorted() {
        if let other = own[free] ?? (ownValues[free] == nil ? visibleFunctions[free] : nil) {
          function.functions.append(other)
        } else if let value = ownValues[free] ?? visibleValues[free] {
          function.values.append(value)
        }
      }
      functions[key, default: []].append(function)
    }
    if !local.isEmpty { localItems[id] = local }
    return own
  }

  private func planUses(
    _ part: PartSyntax, ownValues: [String: Value], ownFunctions: [String: FunctionKey]
  ) -> (plan: PartPlan, scope: [String: ScopeBuilder.Key]) {
    var bound: Set<String> = []
    var values: [Value] = []
    var used: [FunctionKey] = []
    let ownNames = Set(part.items.filter { $0.role == .function }.compactMap(\.functionName))
    for item in part.items {
      for name in item.freeNames.sorted() where !bound.contains(name) && !ownNames.contains(name) {
        if item.role == .function, ownFunctions[item.functionName ?? ""] == nil { continue }
        if let function = visibleFunctions[name] {
          used.append(function)
        } else if let value = visibleValues[name], !(item.role == .function && ownValues[name] != nil) {
          values.append(value)
        }
      }
      bound.formUnion(item.bindings.map(\.name))
    }
    var builder = ScopeBuilder(functions: functions, givers: givers)
    for function in used { builder.add(function) }
    for value in values { builder.add(value) }
    let declared = Set(ownValues.keys).union(ownFunctions.keys)
    builder.finish(declaring: declared)
    return (builder.plan, builder.scope)
  }
}

extension PartSyntax.Item {
  /// The name of the function that the item declares.
  var functionName: String? { syntax.as(DeclSyntax.self)?.declaredName?.plainName }

  /// Whether the item declares a function that is an operator.
  var isOperator: Bool {
    switch syntax.as(FunctionDeclSyntax.self)?.name.tokenKind {
    case .binaryOperator, .prefixOperator, .postfixOperator: true
    default: false
    }
  }
}
