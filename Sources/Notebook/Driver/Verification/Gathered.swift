internal import Synchronization

/// The end of what a program writes, gathered on another thread.
final class Gathered: Sendable {
  /// The number of bytes that are kept, 64 KiB.
  private static let limit = 1 << 16
  private let bytes = Mutex<[UInt8]>([])

  /// Adds bytes, and drops the first ones beyond the limit.
  func append(_ more: [UInt8]) { bytes.withLock { $0 = Array(($0 + more).suffix(Self.limit)) } }

  /// The kept bytes as text; invalid UTF-8 becomes U+FFFD.
  var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
}
