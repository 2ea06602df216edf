package import Processes

/// The part of a notebook that is verified, and the conditions.
package struct VerificationOptions: Sendable {
  /// The names of stages or outputs that are executed again; empty for all.
  package var stages: [String]
  /// The number of random outputs that are executed again; `nil` for all.
  package var sample: Int?
  /// The seed of the sample: equal seeds choose equal outputs.
  package var seed: UInt64
  /// True when the notebook and its stages run in sandboxes.
  package var isSandboxed: Bool
  /// The time and memory that each stage may take.
  package var limits: ProcessLimits

  /// A verification of all outputs in sandboxes and without limits, unless given.
  package init(
    stages: [String] = [], sample: Int? = nil, seed: UInt64 = 0, isSandboxed: Bool = true,
    limits: ProcessLimits = .init()
  ) {
    self.stages = stages
    self.sample = sample
    self.seed = seed
    self.isSandboxed = isSandboxed
    self.limits = limits
  }

  /// True when only a part is executed again.
  var isPartial: Bool { !stages.isEmpty || sample != nil }
}
