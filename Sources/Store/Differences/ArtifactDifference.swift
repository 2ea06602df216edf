package import Core

/// What changed between two contents of an artifact, ready to be shown and to be written as JSON.
package struct ArtifactDifference: Sendable, Codable, Equatable {
  /// One of the two contents.
  package struct Side: Sendable, Codable, Equatable {
    package var digest: Digest
    package var byteCount: Int64
    package var files: Int

    package init(_ content: ArtifactContent) {
      digest = content.digest
      byteCount = content.byteCount
      files = content.files.count
    }
  }

  /// A number of things that changed, such as `entries added`.
  package struct Count: Sendable, Codable, Equatable {
    package var name: String
    package var value: Int

    package init(_ name: String, _ value: Int) {
      self.name = name
      self.value = value
    }
  }

  /// What a cell says about the change.
  package enum Mark: String, Sendable, Codable {
    case none, added, gone, changed
    /// The new number lies outside the old one's interval.
    case outside
  }

  /// A cell of a section's table.
  package struct Cell: Sendable, Codable, Equatable {
    package var text: String
    package var mark: Mark

    package init(_ text: String, _ mark: Mark = .none) {
      self.text = text
      self.mark = mark
    }
  }

  /// A table, or lines of text.
  package struct Section: Sendable, Codable, Equatable {
    package var title: String
    /// What a reader needs to know to read the table; empty where nothing.
    package var note: String
    /// The names of the columns; empty for lines of text, whose rows have one cell.
    package var columns: [String]
    package var rows: [[Cell]]
    /// How many further rows there are.
    package var omitted: Int

    package init(_ title: String, columns: [String] = [], rows: [[Cell]] = [], omitted: Int = 0, note: String = "") {
      self.title = title
      self.note = note
      self.columns = columns
      self.rows = rows
      self.omitted = omitted
    }
  }

  /// A picture before and after, and where they differ.
  package struct PicturePair: Sendable, Codable, Equatable {
    /// An encoded picture.
    package struct Image: Sendable, Codable, Equatable {
      /// `image/png`, `image/jpeg`, `image/webp`, `image/gif` or `image/svg+xml`.
      package var mediaType: String
      package var base64: String
    }

    package var caption: String
    package var old: Image?
    package var new: Image?
    package var difference: Image?
  }

  /// How many bytes of the new content's files lie in chunks that the old one has too.
  package struct Shared: Sendable, Codable, Equatable {
    package var bytes: Int64
    package var of: Int64

    package init(bytes: Int64, of all: Int64) {
      self.bytes = bytes
      of = all
    }
  }

  package var name: String
  package var format: String
  package var old: Side
  package var new: Side
  /// What changed in a sentence, without the artifact's name.
  package var headline: String
  package var counts: [Count]
  package var sections: [Section]
  package var pictures: [PicturePair]
  package var shared: Shared?

  package init(name: String, format: String, old: ArtifactContent, new: ArtifactContent) {
    self.name = name
    self.format = format
    self.old = Side(old)
    self.new = Side(new)
    headline = "no difference"
    counts = []
    sections = []
    pictures = []
  }

  /// Whether both have the same bytes.
  package var isIdentical: Bool { old.digest == new.digest }
}

/// How much of a difference is kept.
package struct DifferenceLimits: Sendable {
  /// Rows of a section, and examples of a kind.
  package var rows: Int
  /// Pictures side by side.
  package var pictures: Int
  /// About how many bytes the join of two sets of records may take; more goes through files.
  package var memory: Int
  /// Where those files lie; they are gone when the comparison ends, however it does.
  package var scratch: String

  package init(rows: Int = 20, pictures: Int = 8, memory: Int = 96 << 20, scratch: String = "/tmp") {
    self.rows = max(0, rows)
    self.pictures = max(0, pictures)
    self.memory = max(1 << 16, memory)
    self.scratch = scratch
  }
}
