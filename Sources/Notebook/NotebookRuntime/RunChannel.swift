internal import Core
package import Foundation
internal import Glibc
internal import Synchronization

/// The way of events from a notebook program to the command that supervises it.
///
/// Frames on a pipe: a 32-bit little-endian count, then one byte for the kind (`J` JSON, `C` cached calls in a compact form), then
/// the payload. Cached calls are gathered and sent together: a run in which nothing changed has ten thousand of them.
package final class RunChannel: Sendable {
  private let descriptor: Int32
  /// Guards the gathered calls and keeps frames whole.
  private let pending = Mutex<[CachedCall]>([])

  package init(descriptor: Int32) { self.descriptor = descriptor }

  package func send(_ event: RunEvent) {
    pending.withLock { calls in
      flush(&calls)
      guard let payload = try? JSONEncoder().encode(event) else { return }
      write(kind: UInt8(ascii: "J"), Array(payload))
    }
  }

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
    frame.withUnsafeBytes { buffer in
      var rest = buffer
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count < 0 {
          if errno == EINTR { continue }
          return  // The supervisor is gone: it takes this process with it.
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
  }

  /// Writes a reply as a frame of its own.
  package static func frame(_ reply: CommandReply) throws -> [UInt8] {
    let payload = try JSONEncoder().encode(reply)
    return withUnsafeBytes(of: UInt32(payload.count).littleEndian) { Array($0) } + [UInt8(ascii: "J")] + Array(payload)
  }

  /// Takes whole frames of JSON off the front of `bytes`.
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

  /// Takes whole frames off the front of `bytes` and returns their events.
  /// - Throws: `DecodingError` for a frame that is not an event.
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
        events.append(try JSONDecoder().decode(RunEvent.self, from: Data(payload)))
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
      let stage = reader.text(), let name = reader.text(), let key = reader.digest(), let format = reader.text(),
      let digest = reader.digest(), let byteCount = reader.integer()
    {
      calls.append(
        CachedCall(
          call: .init(
            place: .init(cell: Int(cell), line: Int(line)), sequence: Int(sequence), stage: stage,
            name: name.isEmpty ? nil : name),
          key: key, output: .init(format: format, digest: digest, byteCount: byteCount)))
    }
    return calls
  }
}

/// Integers, texts and digests one after another, without names.
private struct FrameWriter {
  private(set) var bytes: [UInt8] = []

  mutating func integer(_ value: Int64) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }

  mutating func text(_ value: String) {
    integer(Int64(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }

  mutating func digest(_ value: Digest) { bytes.append(contentsOf: value.bytes) }
}

/// Reads what ``FrameWriter`` wrote; `nil` at the end.
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
