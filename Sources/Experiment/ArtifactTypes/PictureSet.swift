public import Core
internal import FileFormats

/// Pictures of one size, each with an id.
///
/// Two files: `pixels.npy`, unsigned bytes of shape `[count, height, width, 4]`, red green blue alpha, colours not
/// multiplied with alpha; and `ids.txt`, an id on each line in the same order.
public struct PictureSet: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "pictures/1" }

  /// The artifact's files.
  public let content: ArtifactContent
  private let pixelsFile: ContentFile
  private let idsFile: ContentFile

  /// Opens pictures without reading them.
  /// - Throws: ``OperationError`` when one of the two files is missing.
  public init(content: ArtifactContent) throws {
    guard let pixels = content["pixels.npy"], let ids = content["ids.txt"] else {
      throw OperationError(
        operation: "open pictures", subject: content.files.map(\.name).joined(separator: ", "),
        cause: "a set of pictures has the files pixels.npy and ids.txt")
    }
    self.content = content
    pixelsFile = pixels
    idsFile = ids
  }

  /// The pictures' ids in order.
  public func ids() throws -> [String] {
    String(decoding: try idsFile.bytes(), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Opens the pixels, which are read when they are used.
  /// - Throws: ``OperationError`` when the files do not fit together.
  public func open() throws -> Pictures { try Pictures(pixels: pixelsFile, ids: try ids()) }
}

/// The opened pictures of a ``PictureSet``; the pixels are read from the file as they are used.
public final class Pictures: Sendable {
  /// The ids in order.
  public let ids: [String]
  /// The number of pixels from top to bottom.
  public let height: Int
  /// The number of pixels from left to right.
  public let width: Int
  private let mapped: MappedBytes
  private let offset: Int
  private let positions: [String: Int]

  fileprivate init(pixels: ContentFile, ids: [String]) throws {
    mapped = try MappedBytes(pixels)
    guard let (header, offset) = NPYHeader.read(mapped.bytes), header.elementType == "|u1", header.shape.count == 4,
      header.shape[0] == ids.count, header.shape[3] == 4, header.shape.allSatisfy({ $0 >= 0 }),
      mapped.bytes.count == offset + header.shape.reduce(1, *)
    else {
      throw OperationError(
        operation: "open pictures", subject: pixels.name,
        cause: "it is not an array of unsigned bytes [\(ids.count), height, width, 4]")
    }
    self.ids = ids
    self.offset = offset
    height = header.shape[1]
    width = header.shape[2]
    positions = Dictionary(zip(ids, ids.indices), uniquingKeysWith: { first, _ in first })
  }

  /// The number of pictures.
  public var count: Int { ids.count }

  /// The position of a picture in 0..<``count``; `nil` when no picture has that id.
  public func position(of id: String) -> Int? { positions[id] }

  /// Calls `body` with a picture's bytes, of shape `[height, width, 4]`, which are valid only during the call.
  /// - Parameter position: a position in 0..<``count``.
  public func withPixels<R>(at position: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
    precondition(ids.indices.contains(position), "there are \(ids.count) pictures, none at \(position)")
    let size = height * width * 4
    let start = offset + position * size
    return try body(UnsafeRawBufferPointer(rebasing: mapped.bytes[start..<start + size]).bindMemory(to: UInt8.self))
  }

  /// A copy of a picture's bytes, of shape `[height, width, 4]`.
  /// - Parameter position: a position in 0..<``count``.
  public func pixels(at position: Int) -> [UInt8] { withPixels(at: position) { Array($0) } }
}

/// Writes a ``PictureSet`` one picture at a time.
public final class PictureSetWriter {
  /// The ids so far, in order.
  public private(set) var ids: [String] = []
  /// The numbers of pixels from left to right and from top to bottom.
  public let width, height: Int
  private let folder: String
  private let file: ArtifactFileWriter
  private let expected: Int

  /// A writer without a picture.
  /// - Parameters:
  ///   - folder: the folder that the two files are written to, such as ``StageContext/scratch``.
  ///   - count: the number of pictures that will be written, which the header at the beginning states.
  ///   - width: the number of pixels from left to right.
  ///   - height: the number of pixels from top to bottom.
  /// - Throws: ``OperationError`` when the files cannot be created.
  public init(folder: String, count: Int, width: Int, height: Int) throws {
    self.folder = folder
    self.width = width
    self.height = height
    expected = count
    file = try ArtifactFileWriter(path: folder + "/pixels.npy", name: "pixels.npy")
    try file.write(NPYHeader(elementType: "|u1", shape: [count, height, width, 4]).bytes)
  }

  /// Adds a picture.
  /// - Parameters:
  ///   - id: the picture's name on one line; not empty, not used before.
  ///   - pixels: bytes of shape `[height, width, 4]`, red green blue alpha.
  /// - Throws: ``OperationError`` when the file cannot be written.
  public func write(id: String, pixels: [UInt8]) throws {
    precondition(pixels.count == width * height * 4, "a picture has \(width)·\(height)·4 bytes, not \(pixels.count)")
    precondition(!id.isEmpty && !id.utf8.contains(10), "an id is one line")
    try file.write(pixels)
    ids.append(id)
  }

  /// Completes the files.
  /// - Throws: ``OperationError`` when fewer or more pictures were written than announced, or two have one id.
  public func finish() throws -> PictureSet {
    guard ids.count == expected, Set(ids).count == ids.count else {
      throw OperationError(
        operation: "write pictures", subject: folder,
        cause:
          "\(expected) pictures were announced, \(ids.count) written, \(Set(ids).count) of them with ids of their own")
    }
    let names = try ArtifactFileWriter(path: folder + "/ids.txt", name: "ids.txt")
    for id in ids { try names.write(Array(id.utf8) + [10]) }
    return try PictureSet(content: ArtifactContent(files: [file.finish(), names.finish()]))
  }
}
