/// Arranges taken values and repeated functions in nested scopes, so that every function sees the values that it was
/// written for even when a later cell has bound their names again.
struct ScopeBuilder {
  /// The meaning of a name.
  enum Key: Hashable {
    case value(ProgramPlan.Value)
    case function(ProgramPlan.FunctionKey)
  }

  /// The scopes so far.
  private(set) var plan = ProgramPlan.PartPlan()
  /// The meaning of each name in the innermost scope.
  private(set) var scope: [String: Key] = [:]

  private let functions: [ProgramPlan.FunctionKey: [ProgramPlan.LocalFunction]]
  private let givers: [ProgramPlan.Value: (cell: Int, index: Int, count: Int)]
  private var innermostNames: Set<String> = []
  private var inProgress: Set<ProgramPlan.FunctionKey> = []

  init(
    functions: [ProgramPlan.FunctionKey: [ProgramPlan.LocalFunction]],
    givers: [ProgramPlan.Value: (cell: Int, index: Int, count: Int)]
  ) {
    self.functions = functions
    self.givers = givers
  }

  /// Declares a value of a cell, unless its name already means that value.
  mutating func add(_ value: ProgramPlan.Value) {
    guard scope[value.name] != .value(value), let giver = givers[value] else { return }
    declare(value.name, .value(value))
    plan.layers[plan.layers.count - 1].append(.value(value, from: giver.cell, index: giver.index, count: giver.count))
    if !plan.needs.contains(giver.cell) { plan.needs = (plan.needs + [giver.cell]).sorted() }
    if value.isAsynchronous { plan.takesAsynchronous = true }
  }

  /// Declares local functions after everything that they use, unless their name already means them.
  mutating func add(_ key: ProgramPlan.FunctionKey) {
    guard scope[key.name] != .function(key), inProgress.insert(key).inserted else { return }
    defer { inProgress.remove(key) }
    let group = functions[key] ?? []
    for function in group {
      for other in function.functions { add(other) }
    }
    for function in group {
      for value in function.values { add(value) }
    }
    declare(key.name, .function(key))
    plan.layers[plan.layers.count - 1] += group.map { .function(cell: $0.cell, item: $0.item) }
  }

  /// Opens a last scope when the part declares a name that the innermost one already has.
  mutating func finish(declaring names: Set<String>) {
    if !innermostNames.isDisjoint(with: names) { plan.layers.append([]) }
  }

  private mutating func declare(_ name: String, _ key: Key) {
    if innermostNames.contains(name) {
      plan.layers.append([])
      innermostNames = []
    }
    innermostNames.insert(name)
    scope[name] = key
  }
}
