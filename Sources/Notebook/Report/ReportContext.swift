package import Core
package import Notebook

/// The contents of a report that are not in the notebook or in the record of its run.
package struct ReportContext: Sendable {
  /// A command line that a reader can use.
  package struct Command: Sendable, Hashable {
    /// The purpose of the command, such as “run it again”.
    package var purpose: String
    /// The command line itself.
    package var line: String

    /// A command line with its purpose.
    package init(purpose: String, line: String) {
      self.purpose = purpose
      self.line = line
    }
  }

  /// The commands that reproduce and verify the report.
  package var commands: [Command]
  /// The commit of the store that has the outputs; `nil` for a run that was not complete.
  package var commit: String?
  /// The digest of the notebook's file.
  package var notebookDigest: Digest?
  /// The values of the notebook's seed and parameters; those of its front matter unless given.
  package var parameters: ParameterValues?
  /// The pictures that the prose shows, by the path in the notebook: a report loads nothing.
  package var pictures: [String: Picture]

  /// A context; without arguments, that of a report that has only the notebook and its run.
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
    /// The file's content.
    package var bytes: [UInt8]
  }

  /// One page that loads nothing and runs nothing.
  package var html: String
  /// CommonMark with pipe tables; its pictures are ``files``.
  package var markdown: String
  /// The figures and pictures of the Markdown, whose names it uses.
  package var files: [File]
}
