package import Core

/// The changes between two contents of an artifact, ready to be shown and to be written as JSON.
package struct ArtifactDifference: Sendable, Codable, Equatable {
  /// One of the two contents.
  package struct Side: Sendable, Codable, Equatable {
    /// The digest of the whole content.
    package var digest: Digest
    /// The bytes of all files.
    package var byteCount: Int64
    /// The number of files.
    package var files: Int

    /// The side of a content.
    package init(_ content: ArtifactContent) {
      digest = content.digest
      byteCount = content.byteCount
      files = content.files.count
    }
  }

  /// A number of things that changed, such as `entries added`.
  package struct Count: Sendable, Codable, Equatable {
    /// The name of the things, in the plural.
    package var name: String
    /// Their number, at least 0.
    package var value: Int

    /// A number of things.
    package init(_ name: String, _ value: Int) {
      self.name = name
      self.value = value
    }
  }

  /// The meaning of a cell for the change, shown as its colour.
  package enum Mark: String, Sendable, Codable {
    case none, added, gone, changed
    /// The new number is outside the old one's interval.
    case outside
  }

  /// A cell of a section's table.
  package struct Cell: Sendable, Codable, Equatable {
    /// The text, which is of the artifact and may hold anything.
    package var text: String
    /// The text's meaning for the change.
    package var mark: Mark

    /// A cell, without a meaning for the change unless given.
    package init(_ text: String, _ mark: Mark = .none) {
      self.text = text
      self.mark = mark
    }
  }

  /// A table, or lines of text.
  package struct Section: Sendable, Codable, Equatable {
    /// The heading, with a file's name before it where several files changed.
    package var title: String
    /// An explanation that a reader needs for the table; empty for none.
    package var note: String
    /// The names of the columns; empty for lines of text, whose rows have one cell.
    package var columns: [String]
    /// The rows, the most important first; each has a cell for every column.
    package var rows: [[Cell]]
    /// The number of further rows.
    package var omitted: Int

    /// A table with `columns`, or lines of text without.
    package init(_ title: String, columns: [String] = [], rows: [[Cell]] = [], omitted: Int = 0, note: String = "") {
      self.title = title
      self.note = note
      self.columns = columns
      self.rows = rows
      self.omitted = omitted
    }
  }

  /// A picture before and after, and the places at which they differ.
  package struct PicturePair: Sendable, Codable, Equatable {
    /// An encoded picture.
    package struct Image: Sendable, Codable, Equatable {
      /// `image/png`, `image/jpeg`, `image/webp`, `image/gif` or `image/svg+xml`.
      package var mediaType: String
      /// The encoded bytes in Base64.
      package var base64: String
    }

    /// The picture's id, or its file's or artifact's name.
    package var caption: String
    /// The picture before; `nil` when it is too large to be shown.
    package var old: Image?
    /// The picture after; `nil` when it is too large to be shown.
    package var new: Image?
    /// White where the two are the same, redder the more they differ; `nil` for encoded pictures.
    package var difference: Image?
  }

  /// The part of the new content that is stored already.
  package struct Shared: Sendable, Codable, Equatable {
    /// The bytes of the new content's files in chunks that the old one has too.
    package var bytes: Int64
    /// All bytes of the new content's files.
    package var of: Int64

    /// - Parameters:
    ///   - bytes: the bytes in chunks of both.
    ///   - all: all bytes of the new content.
    package init(bytes: Int64, of all: Int64) {
      self.bytes = bytes
      of = all
    }
  }

  /// The artifact's name.
  package var name: String
  /// The artifact's format, such as `metadata/2`.
  package var format: String
  /// The content before.
  package var old: Side
  /// The content after.
  package var new: Side
  /// The change in a sentence, without the artifact's name.
  package var headline: String
  /// The numbers of things that changed.
  package var counts: [Count]
  /// The tables and lines, the most important first.
  package var sections: [Section]
  /// Pictures that changed.
  package var pictures: [PicturePair]
  /// The bytes that both contents share in the store; `nil` when one of them is not in a store.
  package var shared: Shared?

  /// A difference without any change so far.
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

  /// True when both contents have the same bytes.
  package var isIdentical: Bool { old.digest == new.digest }
}

/// The limits of a difference: how much is kept, and how much memory its computation takes.
package struct DifferenceLimits: Sendable {
  /// The most rows of a section, and examples of a kind; at least 0.
  package var rows: Int
  /// The most pictures side by side; at least 0.
  package var pictures: Int
  /// About the number of bytes that the join of two sets of records may take; more goes through files. At least 64 KiB.
  package var memory: Int
  /// The folder of those files; they are gone when the comparison ends, also when it fails.
  package var scratch: String

  /// Limits; numbers below the least are raised to it.
  package init(rows: Int = 20, pictures: Int = 8, memory: Int = 96 << 20, scratch: String = "/tmp") {
    self.rows = max(0, rows)
    self.pictures = max(0, pictures)
    self.memory = max(1 << 16, memory)
    self.scratch = scratch
  }
}
