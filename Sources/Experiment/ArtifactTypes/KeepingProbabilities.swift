public import Core
internal import FileFormats
internal import Glibc

/// The probability with which balanced sampling keeps each text of a set of pairs.
///
/// `probabilities.npy`: float32 `[texts]`, for all texts of all pairs in their order; 0 for a text that matches
/// nothing. With it a training loader samples while it reads, and no curated set is written. Source: MetaCLIP 2, §5.
public struct KeepingProbabilities: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "keeping-probabilities/1" }

  /// The artifact's files.
  public let content: ArtifactContent

  /// Opens probabilities without reading them.
  /// - Throws: ``OperationError`` when the content is not one file.
  public init(content: ArtifactContent) throws {
    _ = try content.onlyFile
    self.content = content
  }

  /// Opens the numbers for reading single ones.
  /// - Throws: ``OperationError`` when the file is not a float32 vector.
  package func open() throws -> OpenProbabilities { try OpenProbabilities(content.files[0]) }

  /// The expected number of texts that are kept, and the number of all texts.
  /// - Throws: ``OperationError`` when the file is not a float32 vector.
  public func expectation() throws -> (kept: Double, texts: Int) {
    let open = try open()
    return ((0..<open.count).reduce(0) { $0 + Double(open[$1]) }, open.count)
  }
}

/// Writes ``KeepingProbabilities`` as they are computed.
package final class KeepingProbabilitiesWriter {
  /// The number of probabilities so far.
  package private(set) var count = 0
  /// Their sum: the expected number of texts that are kept.
  package private(set) var sum = 0.0
  private let folder: String
  private let raw: ArtifactFileWriter

  /// A writer without a probability.
  /// - Parameter folder: the folder that the file is written to, such as ``StageContext/scratch``.
  /// - Throws: ``OperationError`` when a file cannot be made.
  package init(folder: String) throws {
    self.folder = folder
    raw = try ArtifactFileWriter(path: folder + "/probabilities.f32", name: "probabilities.f32")
  }

  /// Adds the probabilities of the next texts.
  /// - Parameter probabilities: numbers in 0...1.
  package func write(_ probabilities: [Float]) throws {
    try probabilities.withUnsafeBytes { try raw.write($0) }
    count += probabilities.count
    sum += probabilities.reduce(0) { $0 + Double($1) }
  }

  /// Completes the file: its header has the count, which is only known now.
  package func finish() throws -> KeepingProbabilities {
    let numbers = try MappedBytes(path: raw.finish().path())
    let file = try ArtifactFileWriter(path: folder + "/probabilities.npy", name: "probabilities.npy")
    try file.write(NPYHeader(elementType: "<f4", shape: [count]).bytes)
    try withExtendedLifetime(numbers) {
      for start in stride(from: 0, to: numbers.bytes.count, by: 1 << 20) {
        let end = min(start + 1 << 20, numbers.bytes.count)
        try file.write(UnsafeRawBufferPointer(rebasing: numbers.bytes[start..<end]))
      }
    }
    unlink(raw.path)
    return try KeepingProbabilities(content: ArtifactContent(files: [file.finish()]))
  }
}

/// The mapped numbers of ``KeepingProbabilities``.
package struct OpenProbabilities: Sendable {
  /// The number of texts.
  package let count: Int
  private let mapped: MappedBytes
  private let offset: Int

  fileprivate init(_ file: ContentFile) throws {
    mapped = try MappedBytes(file)
    guard let (header, offset) = NPYHeader.read(mapped.bytes), header.elementType == "<f4", header.shape.count == 1,
      mapped.bytes.count == offset + header.shape[0] * 4
    else {
      throw OperationError(operation: "open probabilities", subject: file.name, cause: "it is not a vector of float32")
    }
    count = header.shape[0]
    self.offset = offset
  }

  /// The probability of the text at a position in 0..<``count``.
  package subscript(position: Int) -> Float {
    precondition((0..<count).contains(position), "there are \(count) texts, none at \(position)")
    return mapped.bytes.loadUnaligned(fromByteOffset: offset + position * 4, as: Float.self)
  }
}
