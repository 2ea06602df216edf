internal import ArtifactTypes
internal import Curation
internal import Datasets
public import Engine
internal import Evaluation
internal import Metadata
public import Provenance
internal import Training

extension NotebookRun {
  private convenience init(stages: [any Stage.Type]) {
    self.init(stages: stages, libraryCode: Self.libraryCode)
  }

  /// The run that the supervising command has described. A program that was started to compute one stage of its notebook does that
  /// and ends here. Generated code alone calls this.
  /// - Parameter stages: the stages that the notebook declares.
  public static func begin(stages: [any Stage.Type]) async -> NotebookRun {
    await computeStageIfAsked(among: stages, libraryCode: libraryCode)
    return NotebookRun(stages: stages)
  }

  /// The digest of all code that a stage written in a notebook may call.
  private static var libraryCode: Digest {
    CanonicalValue.list(
      [
        ArtifactTypes.ModuleSources.digest, Datasets.ModuleSources.digest, Metadata.ModuleSources.digest,
        Curation.ModuleSources.digest, Training.ModuleSources.digest, Evaluation.ModuleSources.digest,
      ].map { .text($0) }
    ).digest
  }
}
