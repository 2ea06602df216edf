internal import Foundation

/// A value that shows itself in a report.
public protocol Presentable {
  /// The value in a form that a report can show.
  var presentation: Presentation { get }
}

/// A value in a form that a report shows. Markdown, HTML and the terminal each render it in their own way.
public indirect enum Presentation: Codable, Sendable, Hashable {
  /// Plain text; line breaks stay.
  case text(String)
  /// A table with typed cells.
  case table(Table)
  /// A drawing.
  case figure(Figure)
  /// Pictures in a grid, each with a caption.
  case pictures([Picture])
  /// Several presentations, one below the other.
  case blocks([Presentation])
}

/// A drawing as a self-contained SVG document.
public struct Figure: Codable, Sendable, Hashable {
  /// The document, with fonts and colours inside it.
  public var svg: String
  /// A description of the drawing for readers who cannot see it.
  public var alternative: String

  /// A drawing with its description.
  public init(svg: String, alternative: String) {
    self.svg = svg
    self.alternative = alternative
  }
}

/// A raster picture. As an artifact it is JSON with its bytes in Base64.
public struct Picture: Artifact, Sendable, Hashable {
  /// `picture/1`.
  public static var format: String { "picture/1" }

  /// Encoded bytes.
  public var bytes: [UInt8]
  /// `image/png`, `image/jpeg` or `image/webp`.
  public var mediaType: String
  /// The text below the picture; may be empty.
  public var caption: String

  /// A picture of encoded bytes, which are not checked here.
  public init(bytes: [UInt8], mediaType: String, caption: String) {
    self.bytes = bytes
    self.mediaType = mediaType
    self.caption = caption
  }

  private enum CodingKeys: String, CodingKey { case bytes, mediaType, caption }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    guard let data = Data(base64Encoded: try container.decode(String.self, forKey: .bytes)) else {
      throw DecodingError.dataCorruptedError(
        forKey: .bytes, in: container, debugDescription: "a picture's bytes are not Base64")
    }
    bytes = Array(data)
    mediaType = try container.decode(String.self, forKey: .mediaType)
    caption = try container.decode(String.self, forKey: .caption)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Data(bytes).base64EncodedString(), forKey: .bytes)
    try container.encode(mediaType, forKey: .mediaType)
    try container.encode(caption, forKey: .caption)
  }
}

extension Presentation {
  /// True when blocks are within blocks more than this many times.
  package func isDeeper(than limit: Int) -> Bool {
    // Level by level: a recursion would need the stack that it is to protect.
    var level = [self]
    for _ in 0...limit {
      level = level.flatMap { if case .blocks(let parts) = $0 { parts } else { [Presentation]() } }
      if level.isEmpty { return false }
    }
    return true
  }
}

extension Presentation {
  /// Does nothing for a presentation that can be shown.
  /// - Throws: ``TableError/wrongLength(columns:row:cells:)`` for a table with a row of another length than its
  ///   columns.
  package func check() throws(TableError) {
    var rest = [self]
    while let next = rest.popLast() {
      switch next {
      case .table(let table): try table.check()
      case .blocks(let parts): rest += parts.reversed()
      case .text, .figure, .pictures: break
      }
    }
  }
}

extension Presentation: Presentable {
  /// Itself.
  public var presentation: Presentation { self }
}

extension Figure: Presentable {
  /// The drawing.
  public var presentation: Presentation { .figure(self) }
}

extension Picture: Presentable {
  /// A grid of this picture only.
  public var presentation: Presentation { .pictures([self]) }
}

extension String: Presentable {
  /// The text, with its line breaks.
  public var presentation: Presentation { .text(self) }
}

extension Table: Presentable {
  /// The table.
  public var presentation: Presentation { .table(self) }
}
