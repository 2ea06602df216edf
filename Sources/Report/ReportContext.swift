package import Provenance

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
  /// The commit of the store that holds the outputs.
  package var commit: String?
  /// The digest of the notebook's file.
  package var notebookDigest: Digest?
  /// Texts that inline expressions had in the run before, by the expression's number.
  package var previousInlines: [Int: String]
  /// Pictures that prose shows, by the path that it names them with: a report loads nothing.
  package var pictures: [String: Picture]

  package init(
    commands: [Command] = [], commit: String? = nil, notebookDigest: Digest? = nil, previousInlines: [Int: String] = [:],
    pictures: [String: Picture] = [:]
  ) {
    self.commands = commands
    self.commit = commit
    self.notebookDigest = notebookDigest
    self.previousInlines = previousInlines
    self.pictures = pictures
  }
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
