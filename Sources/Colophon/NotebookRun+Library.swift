internal import ArtifactTypes
internal import CSystemReads
internal import Charts
public import Core
internal import Curation
internal import Datasets
internal import Evaluation
internal import FileFormats
internal import Imaging
internal import Metadata
public import NotebookRuntime
internal import Training

extension NotebookRun {
  private convenience init(stages: [any Stage.Type]) {
    self.init(stages: stages, libraryCode: Self.libraryCode)
  }

  /// The run that the supervising command has described. A program that was started to compute one stage of its
  /// notebook does that and ends here. Generated code alone calls this.
  /// - Parameter stages: the stages that the notebook declares.
  public static func begin(stages: [any Stage.Type]) async -> NotebookRun {
    // The functions of the C library that are watched are this library's: only a notebook's program links it.
    csystemreads_observe { kind, name in
      SystemReads.Kind(rawValue: kind).map { SystemReads.observe($0, name: name.map { String(cString: $0) }) }
    }
    await computeStageIfAsked(among: stages, libraryCode: libraryCode)
    return NotebookRun(stages: stages)
  }

  /// The digest of all code that a stage written in a notebook may call: of every module that `import Colophon`
  /// exports.
  private static var libraryCode: Digest {
    let modules: [(name: String, digest: String)] = [
      ("ArtifactTypes", ArtifactTypes.ModuleSources.digest),
      ("Charts", Charts.ModuleSources.digest),
      ("Core", Core.ModuleSources.digest),
      ("Curation", Curation.ModuleSources.digest),
      ("Datasets", Datasets.ModuleSources.digest),
      ("Evaluation", Evaluation.ModuleSources.digest),
      ("FileFormats", FileFormats.ModuleSources.digest),
      ("Imaging", Imaging.ModuleSources.digest),
      ("Metadata", Metadata.ModuleSources.digest),
      ("Training", Training.ModuleSources.digest),
    ]
    return CanonicalValue.list(modules.map { .list([.text($0.name), .text($0.digest)]) }).digest
  }
}
