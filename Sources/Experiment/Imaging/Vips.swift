internal import ArtifactTypes
internal import CVips
package import Core
internal import LibraryLoading

/// Operations on pictures by libvips, which is loaded on first use.
///
/// Unless stated otherwise, pixels are `[height, width, 4]` unsigned bytes: red green blue alpha, colours not
/// multiplied with alpha. Several threads may use one value at once without a lock: the table of functions never
/// changes, and libvips itself is made for it.
package struct Vips: @unchecked Sendable {
  private let table: UnsafePointer<cvips_api>

  /// The version of libvips as an input of stages, or `missing`.
  package static let version = EnvironmentFacet("libvips") { (try? Vips().version) ?? "missing" }

  /// The libraries, the fonts and their configuration that draw vector pictures and text, as an input of stages.
  package static let drawing = EnvironmentFacet("fonts") { drawnWith }

  private static let drawnWith = (try? DrawingTools(Vips().drawingTools()))?.description ?? "missing"

  /// The libraries that decode pictures for a training or an evaluation, with their versions, which pixels depend on;
  /// or `missing`.
  package static var decoders: String {
    (try? Vips()).map { "libvips \($0.version), libjpeg-turbo \($0.jpegVersion)" } ?? "missing"
  }

  /// Loads libvips.
  /// - Throws: ``LoadedLibraryError`` when libvips is not there; ``OperationError`` when it does not start.
  package init() throws {
    table = try LoadedLibrary.table("libColophonVips.so", symbol: "cvips_api_table", as: cvips_api.self)
    try call("start libvips", "libvips") { table.pointee.start(&$0) }
  }

  private var version: String { table.pointee.version().map { String(cString: $0) } ?? "unknown" }

  private func drawingTools() throws -> String {
    var lines: UnsafeMutablePointer<CChar>?
    try call("list the fonts", "fontconfig") { table.pointee.drawing(&lines, &$0) }
    defer { table.pointee.release(lines) }
    return lines.map { String(cString: $0) } ?? ""
  }

  private var jpegVersion: String { table.pointee.jpeg_version().map { String(cString: $0) } ?? "unknown" }

  /// Decodes a picture and fits it into a square, centred on a transparent canvas.
  /// - Parameters:
  ///   - bytes: the encoded picture.
  ///   - size: the side of the square in pixels.
  ///   - trimming: true when transparent margins are cut off first.
  ///   - subject: the name of the picture in an error.
  /// - Returns: `[size, size, 4]`.
  /// - Throws: ``OperationError`` when it cannot be decoded.
  package func thumbnail(_ bytes: UnsafeRawBufferPointer, size: Int, trimming: Bool, subject: String) throws -> [UInt8]
  {
    try pixels(width: size, height: size) { result in
      try call("decode the picture", subject) {
        table.pointee.thumbnail(
          bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, Int32(size), Int32(size), trimming ? 4 : 1, result,
          &$0)
      }
    }
  }

  /// Draws text in colour, trimmed to its ink.
  /// - Parameters:
  ///   - text: the text, on one line.
  ///   - font: the name of the font.
  ///   - file: the font's file.
  ///   - points: the size of the font.
  /// - Returns: the pixels with their size.
  /// - Throws: ``OperationError`` when the text cannot be drawn.
  package func text(_ text: String, font: String, file: String, points: Int) throws -> (
    pixels: [UInt8], width: Int, height: Int
  ) {
    var result: UnsafeMutablePointer<UInt8>?
    var width: Int32 = 0
    var height: Int32 = 0
    try call("draw the text", text) {
      table.pointee.text(text, font, file, Int32(points), &result, &width, &height, &$0)
    }
    defer { table.pointee.release(result) }
    let count = Int(width) * Int(height) * 4
    return (Array(UnsafeBufferPointer(start: result, count: count)), Int(width), Int(height))
  }

  /// Fits pixels into a square, centred on a transparent canvas.
  /// - Parameters:
  ///   - source: `[height, width, 4]`.
  ///   - width: the width of the source.
  ///   - height: the height of the source.
  ///   - size: the side of the square in pixels.
  /// - Returns: `[size, size, 4]`.
  package func fit(_ source: [UInt8], width: Int, height: Int, size: Int) throws -> [UInt8] {
    precondition(source.count == width * height * 4, "there are \(width)·\(height)·4 bytes")
    return try pixels(width: size, height: size) { result in
      try call("scale the picture", "\(width)×\(height)") {
        table.pointee.fit(source, Int32(width), Int32(height), Int32(size), Int32(size), result, &$0)
      }
    }
  }

  /// The size of a picture as it is stored; a turn that its EXIF data asks for does not count.
  /// - Parameters:
  ///   - bytes: the encoded picture.
  ///   - subject: the name of the picture in an error.
  /// - Throws: ``OperationError`` when it is not a picture, or claims more than 100 million pixels.
  package func size(_ bytes: [UInt8], subject: String) throws -> (width: Int, height: Int) {
    var width: Int32 = 0
    var height: Int32 = 0
    try call("decode the picture", subject) { table.pointee.size(bytes, bytes.count, &width, &height, &$0) }
    return (Int(width), Int(height))
  }

  /// Decodes a picture, lays it on white, and scales a part of it to a square by bicubic resampling with antialiasing.
  ///
  /// EXIF data do not turn it, as in the training of CLIP models; no colour profile is used. A large JPEG is decoded at
  /// a half, a quarter or an eighth of its size as long as that leaves two pixels for each pixel of the square.
  /// - Parameters:
  ///   - bytes: the encoded picture.
  ///   - part: the part of the stored picture.
  ///   - size: the side of the square in pixels.
  ///   - subject: the name of the picture in an error.
  /// - Returns: `[size, size, 3]`, red green blue.
  /// - Throws: ``OperationError`` when it cannot be decoded or ends early, even after the part.
  package func resample(_ bytes: [UInt8], _ part: PicturePart, size: Int, subject: String) throws -> [UInt8] {
    var box = cvips_part(
      left: part.left, top: part.top, width: part.width, height: part.height, reaches_out: part.reachesOut ? 1 : 0)
    return try [UInt8](unsafeUninitializedCapacity: size * size * 3) { buffer, count in
      try call("decode the picture", subject) {
        table.pointee.resample(bytes, bytes.count, &box, Int32(size), buffer.baseAddress, &$0)
      }
      count = size * size * 3
    }
  }

  /// Encodes pixels as PNG.
  /// - Parameters:
  ///   - pixels: `[height, width, 4]`.
  ///   - width: the width in pixels.
  ///   - height: the height in pixels.
  package func png(_ pixels: UnsafeBufferPointer<UInt8>, width: Int, height: Int) throws -> [UInt8] {
    precondition(pixels.count == width * height * 4, "there are \(width)·\(height)·4 bytes")
    var result: UnsafeMutablePointer<UInt8>?
    var count = 0
    try call("encode the picture", "\(width)×\(height)") {
      table.pointee.png(pixels.baseAddress, Int32(width), Int32(height), &result, &count, &$0)
    }
    defer { table.pointee.release(result) }
    return Array(UnsafeBufferPointer(start: result, count: count))
  }

  private func pixels(width: Int, height: Int, _ body: (UnsafeMutablePointer<UInt8>) throws -> Void) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: width * height * 4) { buffer, count in
      guard let start = buffer.baseAddress else { return }
      try body(start)
      count = width * height * 4
    }
  }

  /// Calls a function of libvips, which returns zero on success and else a reason.
  private func call(
    _ operation: String, _ subject: String, body: (inout UnsafeMutablePointer<CChar>?) -> Int32
  ) throws {
    var error: UnsafeMutablePointer<CChar>?
    guard body(&error) != 0 else { return }
    let cause = error.map { String(cString: $0) } ?? "no reason was given"
    table.pointee.release(error)
    throw OperationError(operation: operation, subject: subject, cause: cause.stripped)
  }
}
