internal import ArtifactTypes
internal import Core
internal import Counting
internal import FileFormats
internal import Imaging

/// Picture files to be brought to one size.
struct PictureFiles: Sendable {
  /// A picture's id and where it lies.
  struct Entry: Sendable {
    let id: String
    let path: String
    /// Where the same picture lies once more, for when the first cannot be decoded or is empty.
    var otherwise: String?
  }

  let entries: [Entry]
  /// Whether transparent margins are cut off.
  var trimming = false

  /// Decodes all of them; those that cannot be decoded, or are empty, are counted and noted.
  /// - Parameter size: width and height of the square that each is fitted into.
  func render(size: Int, operation: String, subject: String, _ context: StageContext) async throws -> PictureSet {
    let vips = try Vips()
    let entries = entries
    let trimming = trimming
    let batch = 32
    let batches = (entries.count + batch - 1) / batch
    let rendered = try await concurrentMap(
      count: batches, threads: context.threads,
      progress: { context.progress(min($0 * batch, entries.count), of: entries.count, "pictures") },
      { index in
        entries[(index * batch)..<min((index + 1) * batch, entries.count)].map { entry in
          Result { () throws(OperationError) in try Self.render(entry, trimming, vips, size) }
        }
      })
    var faults = FaultCounts()
    var kept: [(id: String, pixels: [UInt8])] = []
    for (entry, result) in zip(entries, rendered.joined()) {
      switch result {
      case .success(let pixels): kept.append((entry.id, pixels))
      case .failure(let error):
        faults.add(Self.kind(of: error), "\(entry.id): \(error.cause)")
      }
    }
    try faults.check(kept: kept.count, operation: operation, subject: subject)
    faults.note(in: context)
    let writer = try PictureSetWriter(folder: context.scratch, count: kept.count, width: size, height: size)
    for (id, pixels) in kept { try writer.write(id: id, pixels: pixels) }
    return try writer.finish()
  }

  private static func render(_ entry: Entry, _ trimming: Bool, _ vips: Vips, _ size: Int) throws(OperationError)
    -> [UInt8]
  {
    do {
      return try render(entry.path, entry.id, trimming, vips, size)
    } catch {
      guard let otherwise = entry.otherwise else { throw error }
      return try render(otherwise, entry.id, trimming, vips, size)
    }
  }

  private static func render(
    _ path: String, _ id: String, _ trimming: Bool, _ vips: Vips, _ size: Int
  ) throws(OperationError) -> [UInt8] {
    do {
      let bytes = try MappedBytes(path: path)
      return try decode(bytes.bytes, id, trimming, vips, size)
    } catch let error as OperationError {
      throw error
    } catch {
      throw OperationError(operation: "decode the picture", subject: id, cause: "\(error)")
    }
  }

  /// Decodes a picture and fits it into a square.
  /// - Parameters:
  ///   - bytes: of any format that libvips knows.
  ///   - id: what to call it in an error.
  /// - Throws: ``OperationError`` when it cannot be decoded, or every pixel is transparent.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, _ id: String, _ trimming: Bool, _ vips: Vips, _ size: Int
  ) throws(OperationError) -> [UInt8] {
    do {
      let pixels = try vips.thumbnail(bytes, size: size, trimming: trimming, subject: id)
      guard stride(from: 3, to: pixels.count, by: 4).contains(where: { pixels[$0] > 0 }) else {
        throw OperationError(operation: emptiness, subject: id, cause: "every pixel is transparent")
      }
      return pixels
    } catch let error as OperationError {
      throw error
    } catch {
      throw OperationError(operation: "decode the picture", subject: id, cause: "\(error)")
    }
  }

  /// The words after a number of pictures that failed so.
  static func kind(of error: OperationError) -> String {
    error.operation == emptiness ? "pictures are empty" : "pictures cannot be decoded"
  }

  /// What fails on a picture without anything in it.
  private static let emptiness = "see anything"
}
