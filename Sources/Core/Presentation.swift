internal import Foundation

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

/// A raster picture. As an artifact it is JSON with its bytes in Base64.
public struct Picture: Artifact, Sendable, Hashable {
  public static var format: String { "picture/1" }

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

extension Presentation: Presentable { public var presentation: Presentation { self } }
extension Figure: Presentable { public var presentation: Presentation { .figure(self) } }
extension Picture: Presentable { public var presentation: Presentation { .pictures([self]) } }
extension String: Presentable { public var presentation: Presentation { .text(self) } }
extension Table: Presentable { public var presentation: Presentation { .table(self) } }
