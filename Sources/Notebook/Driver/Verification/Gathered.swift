internal import Synchronization

/// The last words of a program, gathered on another thread.
final class Gathered: Sendable {
  private static let limit = 1 << 16
  private let bytes = Mutex<[UInt8]>([])

  func append(_ more: [UInt8]) { bytes.withLock { $0 = Array(($0 + more).suffix(Self.limit)) } }

  var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
}
