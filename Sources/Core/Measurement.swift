/// A number that a stage measured about its own run, such as a throughput.
public struct Measurement: Codable, Sendable, Hashable {
  /// The quantity, as the stage calls it: `throughput`.
  public var name: String
  /// The value in ``unit``.
  public var value: Double
  /// The unit, for instance `pairs/s`; empty for a plain number.
  public var unit: String

  /// A measured number.
  public init(name: String, value: Double, unit: String) {
    self.name = name
    self.value = value
    self.unit = unit
  }
}
