// What `import Colophon` in a notebook brings: the vocabulary, the stages, the charts and the run itself.
@_exported public import ArtifactTypes
@_exported public import Curation
@_exported public import Datasets
@_exported public import Engine
@_exported public import Evaluation
@_exported public import Figures
@_exported public import Metadata
@_exported public import Provenance
@_exported public import Reading
@_exported public import Training
