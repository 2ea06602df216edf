package import Core

/// The record of one finished stage: its key, its output and the cost of the run.
///
/// Records are kept as JSON Lines in the repository, the fields of ``cost`` next to the others. Fields are only ever
/// added, and as optional ones.
package struct StageRecord: Codable, Hashable, Sendable {
  /// The digest of everything that the result depends on.
  package var key: Digest
  /// The stage's name.
  package var stage: String
  /// The parts that ``key`` is computed from, `stage` first.
  package var components: [KeyComponent]
  /// The output, as the store keeps it.
  package var output: StoredContent
  /// The time at which it started, in Unix seconds.
  package var started: Double
  /// The cost of the run, with the numbers and sentences that the stage reported.
  package var cost: RunCost
  /// The environment of the run, every facet by name, declared by the stage or not.
  package var environment: [String: String]
  /// The outputs of the stages that it called while it ran, each once; empty in records of older versions, too.
  package var calls: [DynamicInput]

  /// A record of a run that cost nothing and called no stage, unless given.
  package init(
    key: Digest, stage: String, components: [KeyComponent], output: StoredContent, started: Double,
    cost: RunCost = .none, environment: [String: String] = [:], calls: [DynamicInput] = []
  ) {
    self.key = key
    self.stage = stage
    self.components = components
    self.output = output
    self.started = started
    self.cost = cost
    self.environment = environment
    self.calls = calls
  }

  /// The time at which it finished, in Unix seconds.
  package var finished: Double { started + cost.seconds }

  private enum CodingKeys: String, CodingKey { case key, stage, components, output, started, environment, calls }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      key: try values.decode(Digest.self, forKey: .key),
      stage: try values.decode(String.self, forKey: .stage),
      components: try values.decode([KeyComponent].self, forKey: .components),
      output: try values.decode(StoredContent.self, forKey: .output),
      started: try values.decode(Double.self, forKey: .started),
      cost: try RunCost(from: decoder),
      environment: try values.decode([String: String].self, forKey: .environment),
      calls: try values.decodeIfPresent([DynamicInput].self, forKey: .calls) ?? [])
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(key, forKey: .key)
    try values.encode(stage, forKey: .stage)
    try values.encode(components, forKey: .components)
    try values.encode(output, forKey: .output)
    try values.encode(started, forKey: .started)
    try cost.encode(to: encoder)
    try values.encode(environment, forKey: .environment)
    if !calls.isEmpty { try values.encode(calls, forKey: .calls) }
  }
}
