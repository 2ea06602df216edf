// The modules that `import Colophon` brings into a notebook: the vocabulary, the stages, the tables and the charts.
//
// A stage of a notebook may call all of it, so all of it counts in that stage's key: each module here is listed in
// `NotebookRun.libraryCode`, and `ExportedCodeTests` fails when one is forgotten. `NotebookRuntime` is not exported:
// the generated program imports it by itself.
@_exported public import ArtifactTypes
@_exported public import Charts
@_exported public import Core
@_exported public import Curation
@_exported public import Datasets
@_exported public import Evaluation
@_exported public import FileFormats
@_exported public import Imaging
@_exported public import Metadata
@_exported public import Training
