internal import SwiftSyntax

/// The values and local functions that each part of the program takes from earlier cells, and the values that each
/// cell gives to later ones.
struct ProgramPlan: Sendable {
  /// A value bound at the top level of a cell.
  struct Value: Hashable, Sendable {
    var name: String
    var cell: Int
    /// The name with backticks, if it is written with them.
    var spelling: String
    /// True for a stored `var`.
    var isVariable: Bool
    /// True for `async let`.
    var isAsynchronous: Bool
  }

  /// A function of a cell that uses values of cells and therefore stays inside the closures of the cells that use it.
  struct LocalFunction: Sendable {
    var name: String
    var cell: Int
    /// Its position among the items of its cell.
    var item: Int
    /// The values of cells that it uses.
    var values: [Value] = []
    /// The other local functions that it uses.
    var functions: [FunctionKey] = []
  }

  /// All local functions of a name in a cell.
  struct FunctionKey: Hashable, Sendable {
    var name: String
    var cell: Int
  }

  /// Something that a part's closure declares before the part's own code.
  enum Entry: Sendable {
    /// A value at position `index` of the `count` values that a cell gives.
    case value(Value, from: Int, index: Int, count: Int)
    /// A local function, at position `item` of its cell.
    case function(cell: Int, item: Int)
  }

  /// The plan of a cell or an inline expression.
  struct PartPlan: Sendable {
    /// Nested scopes, outermost first; the code follows in the last.
    var layers: [[Entry]] = [[]]
    /// The cells whose values it takes, ascending.
    var needs: [Int] = []
    /// The values that a cell gives to later ones, in order.
    var exports: [Value] = []
    /// True when it takes a value that was bound with `async let`.
    var takesAsynchronous = false
  }

  private(set) var parts: [LineMap.Part: PartPlan] = [:]
  /// The positions of the items that stay in the closure of their cell, by cell.
  private(set) var localItems: [Int: Set<Int>] = [:]
  /// The positions of the constants and computed properties that go to file scope, by cell.
  let hoistedItems: [Int: Set<Int>]
  /// For each name, the cells that bind it or declare it as a local function.
  private(set) var cellsOfName: [String: [Int]] = [:]
  /// The variables that a later cell takes: the compiler, which sees one cell, may think that they never change.
  private(set) var sharedVariables: Set<Value> = []

  /// The seed and the parameters: values that no cell binds and every cell sees.
  private let constants: Set<String>
  private var visibleValues: [String: Value] = [:]
  private var visibleFunctions: [String: FunctionKey] = [:]
  private var functions: [FunctionKey: [LocalFunction]] = [:]
  /// The last cell that gives each value, with the value's position among all that the cell gives.
  private var givers: [Value: (cell: Int, index: Int, count: Int)] = [:]

  /// - Parameters:
  ///   - parts: cells and inline expressions in the notebook's order.
  ///   - constants: names of the seed and the parameters.
  init(_ parts: [PartSyntax], constants: Set<String>) {
    self.constants = constants
    hoistedItems = HoistedValues(parts, constants: constants).items
    for part in parts {
      switch part.part {
      case .cell(let id): planCell(id, part)
      case .inline: self.parts[part.part] = planUses(part, ownValues: [:], ownFunctions: [:]).plan
      }
    }
  }

  /// True for an item of a cell that is written at file scope.
  func isAtFileScope(_ item: PartSyntax.Item, at index: Int, of cell: Int) -> Bool {
    switch item.role {
    case .declaration: true
    case .function: localItems[cell]?.contains(index) != true
    case .property, .constant: hoistedItems[cell]?.contains(index) == true
    case .importing, .statement, .shown: false
    }
  }

  /// True when a cell declares a function of this name that uses values of cells.
  func isLocalFunction(_ name: String, of cell: Int) -> Bool { functions[FunctionKey(name: name, cell: cell)] != nil }

  private mutating func planCell(_ id: Int, _ part: PartSyntax) {
    var ownValues: [String: Value] = [:]
    var order: [Value] = []
    let hoisted = hoistedItems[id] ?? []
    let bindings = part.items.enumerated().flatMap { hoisted.contains($0) ? [] : $1.bindings }
    for binding in bindings where ownValues[binding.name] == nil {
      let value = Value(
        name: binding.name, cell: id, spelling: binding.spelling, isVariable: binding.isVariable,
        isAsynchronous: binding.isAsynchronous)
      ownValues[binding.name] = value
      order.append(value)
    }

    let ownFunctions = findLocalFunctions(id, part, ownValues: ownValues)
    var (plan, scope) = planUses(part, ownValues: ownValues, ownFunctions: ownFunctions)
    let taken = plan.layers.joined().compactMap { entry -> Value? in
      if case .value(let value, _, _, _) = entry, value.isVariable { value } else { nil }
    }
    sharedVariables.formUnion(taken)
    // A variable that the cell takes may have changed in it, so later cells take it from here.
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
    _ id: Int, _ part: PartSyntax, ownValues: [String: Value]
  ) -> [String: FunctionKey] {
    // An operator is always at file scope: the language allows it nowhere else.
    let candidates = part.items.indices.filter { index in
      part.items[index].role == .function && !part.items[index].isOperator
    }
    let hoistedNames = Set(candidates.compactMap { part.items[$0].functionName })

    // Repeated until no further function uses one that was found.
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

  /// The plan of a part's values and functions from earlier cells, and the meaning of each name before the part's
  /// code.
  private func planUses(
    _ part: PartSyntax, ownValues: [String: Value], ownFunctions: [String: FunctionKey]
  ) -> (plan: PartPlan, scope: [String: ScopeBuilder.Key]) {
    var bound: Set<String> = []
    var values: [Value] = []
    var used: [FunctionKey] = []
    let ownNames = Set(part.items.filter { $0.role == .function }.compactMap(\.functionName))
    // A name that an earlier item of the part binds is the part's own from there.
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

  /// True for an item that declares an operator function.
  var isOperator: Bool {
    switch syntax.as(FunctionDeclSyntax.self)?.name.tokenKind {
    case .binaryOperator, .prefixOperator, .postfixOperator: true
    default: false
    }
  }
}
