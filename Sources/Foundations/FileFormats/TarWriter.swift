package import Core

/// Writes a tar archive of an artifact; equal files give an equal archive, since times, users and modes are always the
/// same.
///
/// Source of the format: POSIX.1-2017, `pax`, “ustar Interchange Format”.
package final class TarWriter {
  private let file: ArtifactFileWriter

  /// Opens the archive.
  /// - Parameters:
  ///   - path: the archive to write.
  ///   - name: its name in the artifact.
  /// - Throws: ``OperationError`` with the system's reason.
  package init(path: String, name: String) throws { file = try ArtifactFileWriter(path: path, name: name) }

  /// Adds a file.
  /// - Parameter name: at most 100 bytes.
  /// - Throws: ``OperationError`` with the system's reason.
  package func add(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
    precondition(name.utf8.count <= 100, "“\(name)” has more than 100 bytes")

    var header = [UInt8](repeating: 0, count: TarHeader.blockSize)
    func put(_ text: String, at position: Int) {
      header.replaceSubrange(position..<position + text.utf8.count, with: text.utf8)
    }
    func octal(_ value: Int, _ digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    // Mode, user, group, size, time, checksum, type, magic, version and device, each at its place.
    put(name, at: 0)
    put("0000644", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    put(octal(bytes.count, 11), at: 124)
    put("00000000000", at: 136)
    put("        ", at: 148)
    put("0", at: 156)
    put("ustar", at: 257)
    put("00", at: 263)
    put("0000000", at: 329)
    put("0000000", at: 337)

    // The checksum counts its own field as spaces, and ends with a zero and a space.
    put(octal(header.reduce(0) { $0 + Int($1) }, 6), at: 148)
    header[154] = 0

    try file.write(header)
    try file.write(bytes)
    try file.write([UInt8](repeating: 0, count: TarHeader.padding(after: bytes.count)))
  }

  /// Writes the end mark and completes the file.
  /// - Throws: ``OperationError`` with the system's reason.
  package func finish() throws -> ContentFile {
    try file.write([UInt8](repeating: 0, count: 2 * TarHeader.blockSize))
    return try file.finish()
  }
}
