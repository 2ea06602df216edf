/// A value that shows itself in a report.
public protocol Presentable {
  var presentation: Presentation { get }
}

/// What a report shows of a value: Markdown, HTML and the terminal each render it their way.
public indirect enum Presentation: Codable, Sendable, Hashable {
  /// Plain text; line breaks stay.
  case text(String)
  /// A table with typed cells.
  case table(Table)
  /// A drawing.
  case figure(Figure)
  /// Pictures in a grid, each with a caption.
  case pictures([Picture])
  /// Several, one below the other.
  case blocks([Presentation])
}

/// A drawing as a self-contained SVG document.
public struct Figure: Codable, Sendable, Hashable {
  public var svg: String
  /// What the drawing shows, for those who cannot see it.
  public var alternative: String

  public init(svg: String, alternative: String) {
    self.svg = svg
    self.alternative = alternative
  }
}

/// A raster picture.
public struct Picture: Codable, Sendable, Hashable {
  /// Encoded bytes.
  public var bytes: [UInt8]
  /// `image/png`, `image/jpeg` or `image/webp`.
  public var mediaType: String
  public var caption: String

  public init(bytes: [UInt8], mediaType: String, caption: String) {
    self.bytes = bytes
    self.mediaType = mediaType
    self.caption = caption
  }
}

extension Presentation: Presentable { public var presentation: Presentation { self } }
extension Figure: Presentable { public var presentation: Presentation { .figure(self) } }
extension Picture: Presentable { public var presentation: Presentation { .pictures([self]) } }
extension String: Presentable { public var presentation: Presentation { .text(self) } }
extension Table: Presentable { public var presentation: Presentation { .table(self) } }
