internal import Core

/// Stored content in a few bytes, as the index keeps it.
package enum OutputEncoding {
  /// Encodes the format, the digest, then a name, digest, size, object and kind for each file.
  ///
  /// A text is its length in UTF-8, two bytes, the lower first, then at most 65,535 bytes; sizes have eight bytes, the
  /// lowest first.
  package static func encode(_ content: StoredContent) -> [UInt8] {
    var bytes: [UInt8] = []
    append(content.format, to: &bytes)
    bytes.append(contentsOf: content.digest.bytes)
    for file in content.files {
      append(file.name, to: &bytes)
      bytes.append(contentsOf: file.digest.bytes)
      withUnsafeBytes(of: file.byteCount.littleEndian) { bytes.append(contentsOf: $0) }
      file.object.withBytes { bytes.append(contentsOf: $0) }
      bytes.append(file.chunked ? 1 : 0)
    }
    return bytes
  }

  /// Decodes stored content.
  /// - Returns: `nil` when the bytes were not made by ``encode(_:)``.
  package static func decode(_ bytes: UnsafeRawBufferPointer) -> StoredContent? {
    var position = 0
    func take(_ count: Int) -> UnsafeRawBufferPointer? {
      guard position + count <= bytes.count else { return nil }
      defer { position += count }
      return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }
    func text() -> String? {
      guard let length = take(2), let part = take(Int(length[0]) | Int(length[1]) << 8) else { return nil }
      return String(decoding: part, as: UTF8.self)
    }

    guard let format = text(), let digest = take(32).flatMap({ Digest(bytes: $0) }) else { return nil }
    var files: [StoredFile] = []
    // The last file ends with the bytes; a row that was cut ends within one.
    while position < bytes.count {
      guard let name = text(), let digest = take(32).flatMap({ Digest(bytes: $0) }), let count = take(8),
        let object = take(ObjectID.byteCount), let chunked = take(1)
      else { return nil }
      files.append(
        StoredFile(
          name: name, digest: digest, byteCount: Int64(littleEndian: count.loadUnaligned(as: Int64.self)),
          object: ObjectID(raw: object), chunked: chunked[0] == 1))
    }
    return files.isEmpty ? nil : StoredContent(format: format, digest: digest, files: files)
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    let text = Array(text.utf8.prefix(65535))
    bytes.append(UInt8(text.count & 255))
    bytes.append(UInt8(text.count >> 8))
    bytes.append(contentsOf: text)
  }
}
