internal import ArtifactTypes
internal import Core

/// The outcomes of one task in one language, of one training.
struct OutcomeGroup {
  let task: String
  let language: String
  /// The outcomes in the evaluation's order.
  private(set) var outcomes: [Outcome] = []

  /// Outcomes by task and language, both in the order of their UTF-8 bytes.
  /// - Throws: ``OperationError`` when there are none, or an item occurs twice.
  static func collect(_ outcomes: Outcomes, operation: String) throws -> [OutcomeGroup] {
    struct Key: Hashable { let task, language: String }
    var groups: [Key: OutcomeGroup] = [:]
    var seen: [Key: Set<String>] = [:]
    // swift-format-ignore: ReplaceForEachWithForLoop
    try outcomes.forEach { outcome in
      let key = Key(task: outcome.task, language: outcome.language)
      guard seen[key, default: []].insert(outcome.item).inserted else {
        throw OperationError(
          operation: operation, subject: "\(outcome.task), \(outcome.language)",
          cause: "the item “\(outcome.item)” occurs twice")
      }
      groups[key, default: OutcomeGroup(task: outcome.task, language: outcome.language)].outcomes.append(outcome)
    }

    guard !groups.isEmpty else {
      throw OperationError(
        operation: operation, subject: "outcomes", cause: "there are none: the evaluation had nothing to ask")
    }
    return groups.values.sorted {
      $0.task == $1.task
        ? $0.language.utf8.lexicographicallyPrecedes($1.language.utf8)
        : $0.task.utf8.lexicographicallyPrecedes($1.task.utf8)
    }
  }

  /// The groups of several trainings: each has the same tasks and languages, with the same items in the same order.
  /// - Returns: for each task and language the trainings' groups.
  /// - Throws: ``OperationError`` that names an item that only one training has.
  static func collect(_ runs: [Outcomes], operation: String) throws -> [[OutcomeGroup]] {
    var collected: [[OutcomeGroup]] = []
    for (number, run) in runs.enumerated() {
      let groups = try collect(run, operation: operation)
      if number == 0 {
        collected = groups.map { [$0] }
      } else {
        let matched = try match(
          collected.map { $0[0] }, groups, operation: operation,
          names: ("the first training", "number \(number + 1)"))
        for position in collected.indices { collected[position].append(matched[position]) }
      }
    }
    return collected
  }

  /// The groups of `others` with their items in the order of `groups`.
  /// - Parameter names: of the two, for errors.
  /// - Throws: ``OperationError`` that names an item that only one of the two has.
  static func match(
    _ groups: [OutcomeGroup], _ others: [OutcomeGroup], operation: String, names: (String, String)
  ) throws -> [OutcomeGroup] {
    func requireEqual(_ subject: String, _ one: [String], and other: [String]) throws {
      let (onlyFirst, onlySecond) = (Set(one).subtracting(other), Set(other).subtracting(one))
      guard let example = onlyFirst.min() ?? onlySecond.min() else { return }
      throw OperationError(
        operation: operation, subject: subject,
        cause: """
          \(onlyFirst.count) are only in \(names.0) and \(onlySecond.count) only in \(names.1), for instance \
          “\(example)”: both must come from the same evaluation
          """)
    }

    // Both are sorted, so that equal names mean equal positions.
    try requireEqual("tasks and languages", groups.map(\.name), and: others.map(\.name))
    return try zip(groups, others).map { one, other in
      try requireEqual("items of \(one.name)", one.outcomes.map(\.item), and: other.outcomes.map(\.item))
      return try other.ordered(as: one, operation: operation)
    }
  }

  private var name: String { "\(task), \(language)" }

  /// The group with its outcomes in the order of another group of the same items.
  /// - Throws: ``OperationError`` when an item has another picture or another number of candidates in the other group.
  private func ordered(as group: OutcomeGroup, operation: String) throws -> OutcomeGroup {
    let outcomeOfItem = Dictionary(uniqueKeysWithValues: outcomes.map { ($0.item, $0) })
    var result = self
    result.outcomes = try group.outcomes.map { outcome in
      guard let counterpart = outcomeOfItem[outcome.item], counterpart.candidates == outcome.candidates,
        counterpart.picture == outcome.picture
      else {
        throw OperationError(
          operation: operation, subject: "the item “\(outcome.item)” of \(group.name)",
          cause: """
            the two have another picture or another number of candidates for it: both must come from the same evaluation
            """)
      }
      return counterpart
    }
    return result
  }

  /// The groups of each task, in order.
  static func byTask(_ groups: [[OutcomeGroup]]) -> [[[OutcomeGroup]]] {
    var tasks: [[[OutcomeGroup]]] = []
    for group in groups {
      if tasks.last?.last?[0].task == group[0].task {
        tasks[tasks.count - 1].append(group)
      } else {
        tasks.append([group])
      }
    }
    return tasks
  }
}

/// Numbers for pictures, from 0 in the order in which the pictures first occur.
struct PictureNumbers {
  private var numbers: [String: Int] = [:]

  /// The number of pictures that have occurred.
  var count: Int { numbers.count }

  /// The number of a picture, the next free one when it is new.
  mutating func number(of picture: String) -> Int {
    if let known = numbers[picture] { return known }
    let number = numbers.count
    numbers[picture] = number
    return number
  }

  /// The terms of a group's pictures for the mean of `value`: every item has the same weight.
  /// - Parameters:
  ///   - run: the number of the training that they are of.
  ///   - value: the value of the outcome at a position.
  mutating func terms(_ outcomes: [Outcome], run: Int = 0, _ value: (Int) -> Double) -> [Bootstrap.Term] {
    terms(outcomes, run: run, weight: { _ in 1 }, value: value)
  }

  /// The terms of a group's pictures for the mean over classes of the mean of `value`: an item's weight is its share of
  /// its class.
  mutating func termsPerClass(_ outcomes: [Outcome], run: Int = 0, _ value: (Int) -> Double) -> [Bootstrap.Term] {
    let counts = Dictionary(outcomes.map { ($0.group ?? "", 1.0) }, uniquingKeysWith: +)
    return terms(outcomes, run: run, weight: { 1 / (counts[$0.group ?? ""] ?? 1) }, value: value)
  }

  private mutating func terms(
    _ outcomes: [Outcome], run: Int, weight: (Outcome) -> Double, value: (Int) -> Double
  ) -> [Bootstrap.Term] {
    var positions: [Int: Int] = [:]
    var found: [(unit: Int, sum: Double, weight: Double)] = []
    for (position, outcome) in outcomes.enumerated() {
      let unit = number(of: outcome.picture)
      let weight = weight(outcome)
      if let known = positions[unit] {
        found[known].sum += weight * value(position)
        found[known].weight += weight
      } else {
        positions[unit] = found.count
        found.append((unit, weight * value(position), weight))
      }
    }
    return found.map { Bootstrap.Term(unit: $0.unit, sum: $0.sum, weight: $0.weight, run: run) }
  }
}
