internal import ArtifactTypes
internal import Provenance

/// The outcomes of one task in one language.
struct OutcomeGroup {
  let task: String
  let language: String
  /// In their order.
  private(set) var outcomes: [Outcome] = []

  /// Outcomes by task and language, both in the order of their UTF-8 bytes.
  /// - Throws: ``EvaluationError`` when there are none, or an item comes twice.
  static func collect(_ outcomes: Outcomes, operation: String) throws -> [OutcomeGroup] {
    struct Key: Hashable { let task, language: String }
    var groups: [Key: OutcomeGroup] = [:]
    var seen: [Key: Set<String>] = [:]
    // swift-format-ignore: ReplaceForEachWithForLoop
    try outcomes.forEach { outcome in
      let key = Key(task: outcome.task, language: outcome.language)
      guard seen[key, default: []].insert(outcome.item).inserted else {
        throw EvaluationError(
          operation: operation, subject: "\(outcome.task), \(outcome.language)", cause: "the item “\(outcome.item)” comes twice")
      }
      groups[key, default: OutcomeGroup(task: outcome.task, language: outcome.language)].outcomes.append(outcome)
    }
    guard !groups.isEmpty else {
      throw EvaluationError(operation: operation, subject: "outcomes", cause: "there are none: the evaluation had nothing to ask")
    }
    return groups.values.sorted {
      $0.task == $1.task
        ? $0.language.utf8.lexicographicallyPrecedes($1.language.utf8) : $0.task.utf8.lexicographicallyPrecedes($1.task.utf8)
    }
  }

  /// The groups of each task, in order.
  static func byTask(_ groups: [OutcomeGroup]) -> [[OutcomeGroup]] {
    var tasks: [[OutcomeGroup]] = []
    for group in groups {
      if tasks.last?.last?.task == group.task { tasks[tasks.count - 1].append(group) } else { tasks.append([group]) }
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
  mutating func terms(_ outcomes: [Outcome], _ value: (Int) -> Double) -> [Bootstrap.Term] {
    terms(outcomes, weight: { _ in 1 }, value)
  }

  /// What a group's pictures add to the mean over classes of the mean of `value`: an item weighs one part of its class.
  mutating func termsPerClass(_ outcomes: [Outcome], _ value: (Int) -> Double) -> [Bootstrap.Term] {
    let counts = Dictionary(outcomes.map { ($0.group ?? "", 1.0) }, uniquingKeysWith: +)
    return terms(outcomes, weight: { 1 / (counts[$0.group ?? ""] ?? 1) }, value)
  }

  private mutating func terms(
    _ outcomes: [Outcome], weight: (Outcome) -> Double, _ value: (Int) -> Double
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
    return found.map { Bootstrap.Term(unit: $0.unit, sum: $0.sum, weight: $0.weight) }
  }
}
