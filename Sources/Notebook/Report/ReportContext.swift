package import Core
package import Notebook

/// What a report says beside the notebook and its run.
package struct ReportContext: Sendable {
  /// A command line that a reader can use.
  package struct Command: Sendable, Hashable {
    /// What it does, such as “run it again”.
    package var purpose: String
    package var line: String

    package init(purpose: String, line: String) {
      self.purpose = purpose
      self.line = line
    }
  }

  /// How to reproduce and verify the report.
  package var commands: [Command]
  /// The commit of the store that holds the outputs; `nil` for a run that was not complete.
  package var commit: String?
  /// The digest of the notebook's file.
  package var notebookDigest: Digest?
  /// The values of the notebook's seed and parameters; those of its front matter unless given.
  package var parameters: ParameterValues?
  /// Pictures that prose shows, by the path that it names them with: a report loads nothing.
  package var pictures: [String: Picture]

  package init(
    commands: [Command] = [], commit: String? = nil, parameters: ParameterValues? = nil, notebookDigest: Digest? = nil,
    pictures: [String: Picture] = [:]
  ) {
    self.commands = commands
    self.commit = commit
    self.parameters = parameters
    self.notebookDigest = notebookDigest
    self.pictures = pictures
  }
}

extension ReportContext {
  /// The values of the seed and the parameters, the front matter's unless the run had others.
  func values(of document: NotebookDocument) -> ParameterValues { parameters ?? ParameterValues(document.frontMatter) }
}

/// A report in its two forms.
package struct RenderedReport: Sendable {
  /// A file beside the report.
  package struct File: Sendable, Hashable {
    /// A relative path such as `figures/accuracy.svg`.
    package var name: String
    package var bytes: [UInt8]
  }

  /// One page that loads nothing and runs nothing.
  package var html: String
  /// CommonMark with pipe tables; its pictures are ``files``.
  package var markdown: String
  package var files: [File]
}
