package import Processes

/// What of a notebook is verified, and how.
package struct VerificationOptions: Sendable {
  /// Names of stages or outputs that are executed again; empty for all.
  package var stages: [String]
  /// How many random outputs are executed again; `nil` for all.
  package var sample: Int?
  /// Decides which outputs the sample takes.
  package var seed: UInt64
  package var isSandboxed: Bool
  /// Of each stage.
  package var limits: ProcessLimits

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

  /// Whether only a part is executed again.
  var isPartial: Bool { !stages.isEmpty || sample != nil }
}
