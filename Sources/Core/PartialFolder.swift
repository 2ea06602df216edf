internal import Foundation
internal import Glibc

/// Where a long stage keeps what it has so far, so that a run that was killed goes on from there.
///
/// The folder belongs to one key: what lies in it comes from the same properties and the same code. Whether there is something, and
/// how far it goes, must not show in the stage's output. One process at a time computes a key.
///
/// A file appears whole or not at all: it is written under another name, made durable and renamed, and ends with the digest of its
/// bytes, so that one that is torn or damaged all the same is noticed.
///
/// An error here is never a reason for a stage to fail: it starts over, or goes on without what it could not keep.
public struct PartialFolder: Sendable {
  /// Where the files lie; `nil` when nothing is kept. The folder exists from the first ``save(_:as:)`` on.
  public let path: String?

  /// How long a stage computes before it saves again. Never a part of a result.
  public let interval: Duration

  /// Keeps nothing.
  public static let none = PartialFolder(location: nil, interval: .seconds(60))

  /// - Parameter path: without trailing slash; nobody else's.
  public init(path: String, interval: Duration = .seconds(60)) { self.init(location: path, interval: interval) }

  private init(location: String?, interval: Duration) {
    path = location
    self.interval = interval
  }

  private static let mark = Array("colophon partial".utf8)
  private static let digestSize = 32

  /// Whether something is kept.
  public var isEmpty: Bool {
    guard let path, let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return true }
    return names.isEmpty
  }

  /// Replaces the file of this name by one with these bytes; does nothing when nothing is kept.
  /// - Parameter name: without `/`.
  /// - Throws: ``OperationError`` when the file cannot be written; the one of before is still there.
  public func save(_ bytes: [UInt8], as name: String) throws {
    guard let path else { return }
    let target = path + "/" + name
    func fault(_ doing: String) -> OperationError {
      OperationError(
        operation: "save a partial result", subject: target, cause: "\(doing): \(String(cString: strerror(errno)))")
    }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw OperationError(operation: "save a partial result", subject: target, cause: "\(error.localizedDescription)")
    }
    let draft = target + ".new"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw fault("opening the draft") }
    var builder = DigestBuilder()
    bytes.withUnsafeBytes { builder.update($0) }
    let isWritten =
      Self.write(Self.mark, to: descriptor) && Self.write(bytes, to: descriptor)
      && Self.write(builder.digest.bytes, to: descriptor) && fsync(descriptor) == 0
    let failure = fault("writing")
    close(descriptor)
    guard isWritten else {
      unlink(draft)
      throw failure
    }
    guard rename(draft, target) == 0 else { throw fault("renaming") }
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw fault("opening the folder") }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw fault("making the folder durable") }
  }

  /// The bytes that were saved under this name; `nil` when there are none.
  /// - Throws: ``OperationError`` when the file is damaged or cannot be read.
  public func load(_ name: String) throws -> [UInt8]? {
    guard let path, access(path + "/" + name, F_OK) == 0 else { return nil }
    let file = path + "/" + name
    func fault(_ cause: String) -> OperationError {
      OperationError(operation: "read a partial result", subject: file, cause: cause)
    }
    let bytes: [UInt8]
    do {
      bytes = try FileBytes.read(file)
    } catch {
      throw fault("\(error)")
    }
    let (start, end) = (Self.mark.count, bytes.count - Self.digestSize)
    guard end >= start, bytes.starts(with: Self.mark) else {
      throw fault("its \(bytes.count) bytes are no partial result")
    }
    var builder = DigestBuilder()
    bytes.withUnsafeBytes { builder.update(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
    guard builder.digest.bytes.elementsEqual(bytes[end...]) else {
      throw fault("it is damaged: its digest is another one")
    }
    return Array(bytes[start..<end])
  }

  /// Removes the folder with all that was saved.
  public func remove() {
    guard let path else { return }
    try? FileManager.default.removeItem(atPath: path)
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0 {
          if errno == EINTR { continue }
          return false
        }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }
}
