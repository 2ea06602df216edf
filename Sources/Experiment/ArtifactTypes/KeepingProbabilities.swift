public import Core
internal import FileFormats
internal import Glibc

/// The probability with which balanced sampling keeps each text of a set of pairs.
///
/// `probabilities.npy`: float32 `[texts]`, all texts of all pairs in their order; 0 for a text that matches nothing. With it a training
/// loader samples as it reads, and no curated set is written. Source: MetaCLIP 2, §5.
public struct KeepingProbabilities: FileArtifact {
  public static var format: String { "keeping-probabilities/1" }

  public let content: ArtifactContent

  /// - Throws: ``ContentError`` when the content is not one file.
  public init(content: ArtifactContent) throws {
    guard content.files.count == 1 else { throw ContentError.severalFiles(content.files.map(\.name)) }
    self.content = content
  }

  /// Opens the probabilities without reading them.
  /// - Throws: ``OperationError`` when the file is no float32 vector.
  package func open() throws -> OpenProbabilities { try OpenProbabilities(content.files[0]) }

  /// How many texts are kept in expectation, and how many there are.
  public func expectation() throws -> (kept: Double, texts: Int) {
    let open = try open()
    return ((0..<open.count).reduce(0) { $0 + Double(open[$1]) }, open.count)
  }
}

/// Writes ``KeepingProbabilities`` as they are computed.
package final class KeepingProbabilitiesWriter {
  /// How many numbers have been written.
  package private(set) var count = 0
  /// Their sum: how many texts are kept in expectation.
  package private(set) var sum = 0.0
  private let folder: String
  private let raw: ArtifactFileWriter

  /// - Parameter folder: such as ``StageContext/scratch``.
  package init(folder: String) throws {
    self.folder = folder
    raw = try ArtifactFileWriter(path: folder + "/probabilities.f32", name: "probabilities.f32")
  }

  /// - Parameter probabilities: of the next texts, each 0...1.
  package func write(_ probabilities: [Float]) throws {
    try probabilities.withUnsafeBytes { try raw.write($0) }
    count += probabilities.count
    sum += probabilities.reduce(0) { $0 + Double($1) }
  }

  /// Completes the file: its header holds the count, which is only known now.
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
  /// How many texts there are.
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
