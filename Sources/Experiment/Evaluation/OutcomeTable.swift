internal import ArtifactTypes
internal import Core

/// The outcomes of one task in one language, of one training.
struct OutcomeGroup {
  let task: String
  let language: String
  /// In their order.
  private(set) var outcomes: [Outcome] = []

  /// Outcomes by task and language, both in the order of their UTF-8 bytes.
  /// - Throws: ``OperationError`` when there are none, or an item comes twice.
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
          cause: "the item “\(outcome.item)” comes twice")
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
  /// - Throws: ``OperationError`` that names what only one training has.
  static func collect(_ runs: [Outcomes], operation: String) throws -> [[OutcomeGroup]] {
    var collected: [[OutcomeGroup]] = []
    for (number, run) in runs.enumerated() {
      let groups = try collect(run, operation: operation)
      if number == 0 {
        collected = groups.map { [$0] }
      } else {
        let matched = try match(
          collected.map { $0[0] }, groups, operation: operation, ("the first training", "number \(number + 1)"))
        for place in collected.indices { collected[place].append(matched[place]) }
      }
    }
    return collected
  }

  /// The groups of `others` with their items in the order of `groups`.
  /// - Throws: ``OperationError`` that names what only one of the two has.
  static func match(
    _ groups: [OutcomeGroup], _ others: [OutcomeGroup], operation: String, _ names: (String, String)
  ) throws -> [OutcomeGroup] {
    func name(_ group: OutcomeGroup) -> String { "\(group.task), \(group.language)" }
    func difference(_ subject: String, _ one: [String], _ other: [String]) -> OperationError? {
      let (onlyFirst, onlySecond) = (Set(one).subtracting(other), Set(other).subtracting(one))
      guard !onlyFirst.isEmpty || !onlySecond.isEmpty else { return nil }
      let example = onlyFirst.min() ?? onlySecond.min() ?? ""
      return OperationError(
        operation: operation, subject: subject,
        cause:
          "\(onlyFirst.count) are only in \(names.0) and \(onlySecond.count) only in \(names.1), for instance “\(example)”: "
          + "both have to come from the same evaluation")
    }
    if let error = difference("tasks and languages", groups.map(name), others.map(name)) { throw error }
    return try zip(groups, others).map { one, other in
      if let error = difference("items of \(name(one))", one.outcomes.map(\.item), other.outcomes.map(\.item)) {
        throw error
      }
      let places = Dictionary(uniqueKeysWithValues: other.outcomes.map { ($0.item, $0) })
      var ordered = other
      ordered.outcomes = try one.outcomes.map { outcome in
        guard let counterpart = places[outcome.item], counterpart.candidates == outcome.candidates,
          counterpart.picture == outcome.picture
        else {
          throw OperationError(
            operation: operation, subject: "the item “\(outcome.item)” of \(name(one))",
            cause:
              "the two have another picture or another number of candidates for it: both have to come from the same evaluation"
          )
        }
        return counterpart
      }
      return ordered
    }
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

/// Numbers for pictures, given as they come.
struct PictureNumbers {
  private var numbers: [String: Int] = [:]

  /// How many pictures there are.
  var count: Int { numbers.count }

  /// The number of a picture, the next free one when it is new.
  mutating func number(of picture: String) -> Int {
    if let known = numbers[picture] { return known }
    let number = numbers.count
    numbers[picture] = number
    return number
  }

  /// What a group's pictures add to the mean of `value`: every item weighs the same.
  /// - Parameter run: the number of the training that they are of.
  mutating func terms(_ outcomes: [Outcome], run: Int = 0, _ value: (Int) -> Double) -> [Bootstrap.Term] {
    terms(outcomes, run, weight: { _ in 1 }, value)
  }

  /// What a group's pictures add to the mean over classes of the mean of `value`: an item weighs one part of its class.
  mutating func termsPerClass(_ outcomes: [Outcome], run: Int = 0, _ value: (Int) -> Double) -> [Bootstrap.Term] {
    let counts = Dictionary(outcomes.map { ($0.group ?? "", 1.0) }, uniquingKeysWith: +)
    return terms(outcomes, run, weight: { 1 / (counts[$0.group ?? ""] ?? 1) }, value)
  }

  private mutating func terms(
    _ outcomes: [Outcome], _ run: Int, weight: (Outcome) -> Double, _ value: (Int) -> Double
  ) -> [Bootstrap.Term] {
    var places: [Int: Int] = [:]
    var found: [(unit: Int, sum: Double, weight: Double)] = []
    for (position, outcome) in outcomes.enumerated() {
      let unit = number(of: outcome.picture)
      let weight = weight(outcome)
      if let place = places[unit] {
        found[place].sum += weight * value(position)
        found[place].weight += weight
      } else {
        places[unit] = found.count
        found.append((unit, weight * value(position), weight))
      }
    }
    return found.map { Bootstrap.Term(unit: $0.unit, sum: $0.sum, weight: $0.weight, run: run) }
  }
}
