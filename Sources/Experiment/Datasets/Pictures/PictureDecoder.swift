internal import Core
internal import FileFormats
internal import Imaging

/// Decodes pictures and fits each into a square.
struct PictureDecoder: Sendable {
  let vips: Vips
  /// Width and height of the square.
  let size: Int
  /// True to cut transparent margins off.
  var trimming = false

  /// The operation of the error for a picture without anything in it.
  private static let emptiness = "see anything"

  /// Decodes a file.
  /// - Throws: as ``decode(_:id:)``, and ``OperationError`` when the file cannot be read.
  func decode(path: String, id: String) throws(OperationError) -> [UInt8] {
    let bytes: MappedBytes
    do {
      bytes = try MappedBytes(path: path)
    } catch {
      throw Self.failure(error, id)
    }
    defer { withExtendedLifetime(bytes) {} }
    return try decode(bytes.bytes, id: id)
  }

  /// Decodes bytes.
  /// - Parameters:
  ///   - bytes: of any format that libvips knows.
  ///   - id: the picture's name in an error.
  /// - Returns: RGBA, ``size`` × ``size`` pixels.
  /// - Throws: ``OperationError`` when the picture cannot be decoded, or every pixel is transparent.
  func decode(_ bytes: UnsafeRawBufferPointer, id: String) throws(OperationError) -> [UInt8] {
    let pixels: [UInt8]
    do {
      pixels = try vips.thumbnail(bytes, size: size, trimming: trimming, subject: id)
    } catch {
      throw Self.failure(error, id)
    }
    guard Self.hasVisiblePixel(pixels) else {
      throw OperationError(operation: Self.emptiness, subject: id, cause: "every pixel is transparent")
    }
    return pixels
  }

  /// True when a pixel of RGBA is not transparent.
  static func hasVisiblePixel(_ pixels: [UInt8]) -> Bool {
    stride(from: 3, to: pixels.count, by: 4).contains { pixels[$0] > 0 }
  }

  /// The words after a number of pictures that failed in this way.
  static func kind(of error: OperationError) -> String {
    error.operation == emptiness ? "pictures are empty" : "pictures cannot be decoded"
  }

  private static func failure(_ error: any Error, _ id: String) -> OperationError {
    error as? OperationError ?? OperationError(operation: "decode the picture", subject: id, cause: "\(error)")
  }
}
