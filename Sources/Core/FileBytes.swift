#if canImport(Glibc)
  internal import Glibc
#endif

/// Reading whole files and hashing them, with errors that name the path.
package enum FileBytes {
  /// All bytes of a regular file.
  /// - Throws: ``ContentError/unreadable(path:reason:)``.
  package static func read(_ path: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try each(path, size: 1 << 20) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// SHA-256 and size of a regular file's bytes.
  package static func digest(_ path: String) throws -> (digest: Digest, byteCount: Int64) {
    var builder = DigestBuilder()
    var count: Int64 = 0
    try each(path, size: 1 << 18) {
      builder.update($0)
      count += Int64($0.count)
    }
    return (builder.digest, count)
  }

  /// Calls `body` with the file's bytes, piece by piece.
  package static func each(_ path: String, size: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ContentError.unreadable(path: path, reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, size)
      if count == 0 { return }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw ContentError.unreadable(path: path, reason: String(cString: strerror(errno)))
      }
      try body(UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
    }
  }
}

extension ContentFile {
  /// A file that lies on disk, hashed now.
  /// - Parameters:
  ///   - path: where it lies; nobody writes to it any more.
  ///   - name: its name in the artifact; the last component of `path` unless given.
  /// - Throws: ``ContentError/unreadable(path:reason:)``.
  public init(path: String, name: String? = nil) throws {
    let (digest, byteCount) = try FileBytes.digest(path)
    self.init(
      name: name ?? String(path.split(separator: "/").last ?? "file"), digest: digest, byteCount: byteCount,
      location: .path(path))
  }
}

extension ArtifactContent {
  /// One file on disk, hashed now.
  public init(path: String, name: String? = nil) throws { self.init(files: [try ContentFile(path: path, name: name)]) }
}
