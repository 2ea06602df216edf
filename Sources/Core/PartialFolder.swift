internal import Foundation
internal import Glibc

/// A folder in which a long stage keeps its partial results, so that a run after one that was killed continues from
/// them.
///
/// The folder belongs to one key: everything in it comes from the same properties and the same code. The stage's output
/// must not depend on the presence of partial results. One process at a time computes a key.
///
/// A file appears whole or not at all: it is written under another name, made durable and renamed. It ends with the
/// digest of its bytes, so that damage is found when it is read.
///
/// A stage does not fail because of an error here: it starts over, or continues without the result that it could not
/// keep.
public struct PartialFolder: Sendable {
  /// The folder of the files; `nil` when nothing is kept. It exists since the first ``save(_:as:)``.
  public let path: String?

  /// The time for which a stage computes before it saves again. Results do not depend on it.
  public let interval: Duration

  /// A place that keeps nothing.
  public static let none = PartialFolder(location: nil, interval: .seconds(60))

  /// A folder of partial results.
  /// - Parameters:
  ///   - path: without a trailing slash; nothing else is in it. It need not exist.
  ///   - interval: the time between two saves.
  public init(path: String, interval: Duration = .seconds(60)) { self.init(location: path, interval: interval) }

  private init(location: String?, interval: Duration) {
    path = location
    self.interval = interval
  }

  private static let mark = Array("colophon partial".utf8)
  private static let digestSize = 32

  /// True when nothing is kept.
  public var isEmpty: Bool {
    guard let path, let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return true }
    return names.isEmpty
  }

  /// Replaces the file of this name by one with these bytes; does nothing for ``none``.
  /// - Parameter name: without `/`.
  /// - Throws: ``OperationError`` when the file cannot be written; the earlier one is still there.
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
      throw OperationError(operation: "save a partial result", subject: target, cause: error.localizedDescription)
    }

    let draft = target + ".new"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw fault("opening the draft") }

    // Mark, bytes and digest are durable before the rename makes them visible.
    var builder = DigestBuilder()
    bytes.withUnsafeBytes { builder.update($0) }
    let isWritten =
      Self.write(Self.mark, to: descriptor) && Self.write(bytes, to: descriptor)
      && Self.write(builder.digest.bytes, to: descriptor) && fsync(descriptor) == 0
    // Taken before `close` can change `errno`.
    let failure = fault("writing")
    close(descriptor)
    guard isWritten else {
      unlink(draft)
      throw failure
    }

    // The rename itself is durable when the folder is.
    guard rename(draft, target) == 0 else { throw fault("renaming") }
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw fault("opening the folder") }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw fault("making the folder durable") }
  }

  /// The bytes that were saved under this name; `nil` when none were.
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
      throw fault("its \(bytes.count) bytes are not a partial result")
    }

    var builder = DigestBuilder()
    bytes.withUnsafeBytes { builder.update(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
    guard builder.digest.bytes.elementsEqual(bytes[end...]) else {
      throw fault("it is damaged: its digest does not match its bytes")
    }
    return Array(bytes[start..<end])
  }

  /// Removes the folder with all that was saved.
  public func remove() {
    guard let path else { return }
    try? FileManager.default.removeItem(atPath: path)
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { SystemCall.write($0, to: descriptor) }
  }
}
