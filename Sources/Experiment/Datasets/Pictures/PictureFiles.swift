internal import ArtifactTypes
internal import Core
internal import Counting
internal import FileFormats
internal import Imaging

/// Picture files to be scaled to one size.
struct PictureFiles: Sendable {
  /// A picture's id and path.
  struct Entry: Sendable {
    let id: String
    let path: String
    /// The path of another file of the same picture, for when the first cannot be decoded or is empty.
    var otherwise: String?
  }

  let entries: [Entry]
  /// True to cut transparent margins off.
  var trimming = false

  /// The pictures that a thread takes at once.
  private static let batch = 32

  /// Decodes all of them; those that cannot be decoded, or are empty, are counted and noted.
  /// - Parameters:
  ///   - size: width and height of the square that each is fitted into.
  ///   - operation: the operation of an error, such as `read flags`.
  ///   - subject: the subject of an error.
  func render(size: Int, operation: String, subject: String, _ context: StageContext) async throws -> PictureSet {
    let decoder = PictureDecoder(vips: try Vips(), size: size, trimming: trimming)
    let entries = entries
    let batch = Self.batch
    let rendered = try await concurrentMap(
      count: (entries.count + batch - 1) / batch, threads: context.threads,
      progress: { context.progress(min($0 * batch, entries.count), of: entries.count, "pictures") },
      { index in
        entries[(index * batch)..<min((index + 1) * batch, entries.count)].map { entry in
          Result { () throws(OperationError) in try Self.render(entry, decoder) }
        }
      })

    var faults = FaultCounts()
    var kept: [(id: String, pixels: [UInt8])] = []
    for (entry, result) in zip(entries, rendered.joined()) {
      switch result {
      case .success(let pixels): kept.append((entry.id, pixels))
      case .failure(let error): faults.add(PictureDecoder.kind(of: error), "\(entry.id): \(error.cause)")
      }
    }
    try faults.check(kept: kept.count, operation: operation, subject: subject)
    faults.note(in: context)

    // The number of pictures is before their pixels, so that all are in memory until it is known.
    let writer = try PictureSetWriter(folder: context.scratch, count: kept.count, width: size, height: size)
    for (id, pixels) in kept { try writer.write(id: id, pixels: pixels) }
    return try writer.finish()
  }

  private static func render(_ entry: Entry, _ decoder: PictureDecoder) throws(OperationError) -> [UInt8] {
    do {
      return try decoder.decode(path: entry.path, id: entry.id)
    } catch {
      guard let otherwise = entry.otherwise else { throw error }
      return try decoder.decode(path: otherwise, id: entry.id)
    }
  }
}
