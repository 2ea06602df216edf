/// The output of a stage that another stage called while it ran.
///
/// It is no component of the caller's key: the key covers the caller's properties and all code that it can reach, which
/// decide which stages it calls. Records keep it so that plans, reports and verifications can follow it.
public struct DynamicInput: Codable, Sendable, Hashable {
  /// The name of the called stage.
  public var stage: String
  /// The output's name, where the call gives one with `as:`.
  public var name: String?
  /// The key of the called stage.
  public var key: Digest
  /// The output that the caller received.
  public var output: OutputSummary

  /// A call of known values.
  public init(stage: String, name: String? = nil, key: Digest, output: OutputSummary) {
    self.stage = stage
    self.name = name
    self.key = key
    self.output = output
  }

  /// The calls once for each key, one without a name before others, in an order that does not depend on which of them
  /// ended first.
  package static func sorted(_ calls: some Sequence<DynamicInput>) -> [DynamicInput] {
    var seen: Set<Digest> = []
    func rank(_ call: DynamicInput) -> (String, String, String) { (call.stage, call.key.hexadecimal, call.name ?? "") }
    return calls.sorted { rank($0) < rank($1) }.filter { seen.insert($0.key).inserted }
  }
}
