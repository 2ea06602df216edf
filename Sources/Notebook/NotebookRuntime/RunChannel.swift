internal import Core
package import Foundation
internal import Glibc
internal import Synchronization

/// The connection on which a notebook program sends events to the command that supervises it.
///
/// Events are frames on a pipe: a 32-bit little-endian count of the payload's bytes, one byte for the kind (`J` for
/// JSON, `C` for cached calls in a compact form), and the payload. Cached calls are gathered and sent together, since a
/// run in which nothing changed may have ten thousand of them.
///
/// No event is lost without an error: one that cannot be sent becomes a fault of its cell or stage.
package final class RunChannel: Sendable {
  private let descriptor: Int32
  private let limit: Int
  /// The gathered calls. The lock also keeps frames whole.
  private let pending = Mutex<[CachedCall]>([])

  /// A channel to the writing end of a pipe, which stays open with it.
  /// - Parameter limit: the most bytes of an event; at most, and unless given, the 4 GiB that a frame can count.
  package init(descriptor: Int32, limit: Int = Int(UInt32.max)) {
    self.descriptor = descriptor
    self.limit = min(limit, Int(UInt32.max))
  }

  /// Sends an event, after the cached calls before it. For one that cannot be sent, the fault of its cell or stage is.
  package func send(_ event: RunEvent) {
    do {
      try deliver(event)
    } catch {
      // A fault is a few words and numbers, which always fit.
      try? deliver(event.fault(error))
    }
  }

  /// Sends an event, after the cached calls before it.
  /// - Throws: ``OperationError`` when it cannot be sent; nothing is sent then.
  package func deliver(_ event: RunEvent) throws {
    let payload = try Self.payload(of: event)
    guard payload.count <= limit else {
      throw OperationError(
        operation: "send to the command", subject: event.subject,
        reason: "it is \(payload.count) bytes long, more than \(limit)", advice: "show or report less of it")
    }
    pending.withLock { calls in
      flush(&calls)
      write(kind: UInt8(ascii: "J"), Array(payload))
    }
  }

  private static func payload(of event: RunEvent) throws -> Data {
    // Deeper JSON than 512 levels is not read again; a block of presentations is three of them.
    if case .cellFinished(let report, _) = event, report.shown.contains(where: { $0.isDeeper(than: 100) }) {
      throw OperationError(
        operation: "send to the command", subject: event.subject, reason: "it is nested more than 100 times",
        advice: "show its parts one by one")
    }
    do {
      return Secrets.redacted(json: try JSONCoding.encoder().encode(event))
    } catch {
      throw OperationError(operation: "send to the command", subject: event.subject, cause: words(error))
    }
  }

  /// The reason of an error of a JSON coder, without the names of its types.
  private static func words(_ error: any Error) -> String {
    switch error {
    case EncodingError.invalidValue(_, let context): context.debugDescription
    case DecodingError.dataCorrupted(let context),
      DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.keyNotFound(_, let context):
      context.debugDescription
    default: "\(error)"
    }
  }

  /// Reports a call whose output was in the store, soon or with the next event.
  package func cached(_ call: CachedCall) {
    pending.withLock { calls in
      calls.append(call)
      if calls.count >= 512 { flush(&calls) }
    }
  }

  private func flush(_ calls: inout [CachedCall]) {
    guard !calls.isEmpty else { return }
    var bytes = FrameWriter()
    for call in calls {
      bytes.integer(Int64(call.call.place.cell))
      bytes.integer(Int64(call.call.place.line))
      bytes.integer(Int64(call.call.sequence))
      bytes.text(call.call.stage)
      bytes.text(call.call.name ?? "")
      bytes.text(call.call.caller?.hexadecimal ?? "")
      bytes.digest(call.key)
      bytes.text(call.output.format)
      bytes.digest(call.output.digest)
      bytes.integer(call.output.byteCount)
    }
    calls.removeAll(keepingCapacity: true)
    write(kind: UInt8(ascii: "C"), bytes.bytes)
  }

  private func write(kind: UInt8, _ payload: [UInt8]) {
    var frame = withUnsafeBytes(of: UInt32(payload.count).littleEndian) { Array($0) }
    frame.append(kind)
    frame += payload
    // A failure means that the supervisor has ended, which ends this process too.
    _ = frame.withUnsafeBytes { SystemCall.write($0, to: descriptor) }
  }

  /// The bytes of a frame with a reply of the command.
  package static func frame(_ reply: CommandReply) throws -> [UInt8] {
    let payload = try JSONCoding.encoder().encode(reply)
    return withUnsafeBytes(of: UInt32(payload.count).littleEndian) { Array($0) } + [UInt8(ascii: "J")] + Array(payload)
  }

  /// Removes the whole frames of JSON from the front of `bytes`, and returns their payloads.
  package static func takePayloads(from bytes: inout [UInt8]) -> [Data] {
    var payloads: [Data] = []
    var position = 0
    while bytes.count - position >= 5 {
      let count = Int(
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: UInt32.self).littleEndian })
      guard bytes.count - position >= 5 + count else { break }
      payloads.append(Data(bytes[(position + 5)..<(position + 5 + count)]))
      position += 5 + count
    }
    bytes.removeFirst(position)
    return payloads
  }

  /// Removes the whole frames from the front of `bytes`, and returns their events.
  /// - Throws: ``OperationError`` for a frame that is not an event.
  package static func takeEvents(from bytes: inout [UInt8]) throws -> [RunEvent] {
    var events: [RunEvent] = []
    var position = 0
    while bytes.count - position >= 5 {
      let count = Int(
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: UInt32.self).littleEndian })
      guard bytes.count - position >= 5 + count else { break }
      let payload = bytes[(position + 5)..<(position + 5 + count)]
      if bytes[position + 4] == UInt8(ascii: "C") {
        events.append(.stagesCached(cachedCalls(payload)))
      } else {
        do {
          events.append(try JSONCoding.decoder().decode(RunEvent.self, from: Data(payload)))
        } catch {
          throw OperationError(
            operation: "read an event", subject: "\(payload.count) bytes of the notebook's program",
            cause: words(error))
        }
      }
      position += 5 + count
    }
    bytes.removeFirst(position)
    return events
  }

  private static func cachedCalls(_ payload: ArraySlice<UInt8>) -> [CachedCall] {
    var reader = FrameReader(payload)
    var calls: [CachedCall] = []
    while let cell = reader.integer(), let line = reader.integer(), let sequence = reader.integer(),
      let stage = reader.text(), let name = reader.text(), let caller = reader.text(), let key = reader.digest(),
      let format = reader.text(), let digest = reader.digest(), let byteCount = reader.integer()
    {
      calls.append(
        CachedCall(
          call: .init(
            place: .init(cell: Int(cell), line: Int(line)), sequence: Int(sequence), stage: stage,
            name: name.isEmpty ? nil : name, caller: Digest(hexadecimal: caller)),
          key: key, output: .init(format: format, digest: digest, byteCount: byteCount)))
    }
    return calls
  }
}

/// Writes integers, texts and digests one after the other, without names.
private struct FrameWriter {
  private(set) var bytes: [UInt8] = []

  mutating func integer(_ value: Int64) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }

  mutating func text(_ value: String) {
    integer(Int64(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }

  mutating func digest(_ value: Digest) { bytes.append(contentsOf: value.bytes) }
}

/// Reads the values that ``FrameWriter`` wrote; `nil` at the end.
private struct FrameReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func integer() -> Int64? {
    take(8).map { bytes in bytes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) } }
  }

  mutating func text() -> String? {
    guard let count = integer(), let bytes = take(Int(count)) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  mutating func digest() -> Digest? { take(32).flatMap { Digest(bytes: $0) } }
}
