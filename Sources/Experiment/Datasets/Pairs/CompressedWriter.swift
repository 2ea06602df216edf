internal import ArtifactTypes
internal import CArchive
internal import Core
internal import FileFormats
internal import Imaging

/// Writes a file of an artifact, compressed on the way. Equal bytes give an equal file with the same version of the
/// libraries: there is no time in it.
final class CompressedWriter {
  /// The versions that compressed bytes depend on.
  static let version = EnvironmentFacet("libarchive") { String(cString: archive_version_details()) }

  private let archive: OpaquePointer
  private let sink: Sink

  /// The compressed bytes that libarchive passes on at once.
  private static let blockSize: Int32 = 1 << 18
  /// The type of an entry that is a regular file. Source: POSIX, `S_IFREG`.
  private static let regularFile: UInt32 = 0o100000

  /// The file that libarchive writes to, and the error of writing to it.
  private final class Sink {
    let file: ArtifactFileWriter
    var failure: (any Error)?
    init(_ file: ArtifactFileWriter) { self.file = file }
  }

  /// - Parameters:
  ///   - path: the file to write.
  ///   - name: its name in the artifact.
  /// - Throws: ``OperationError`` when libarchive cannot compress in this way, or the file cannot be created.
  init(path: String, name: String, compression: PairCompression) throws {
    guard let archive = archive_write_new() else {
      throw OperationError(operation: "write the file", subject: path, cause: "libarchive has no memory for it")
    }
    self.archive = archive
    do {
      sink = Sink(try ArtifactFileWriter(path: path, name: name))
    } catch {
      // An object whose initialiser throws before its last property is set is not deinitialised.
      archive_write_free(archive)
      throw error
    }
    try choose(compression)
    try open()
  }

  deinit { archive_write_free(archive) }

  private func choose(_ compression: PairCompression) throws {
    try check(archive_write_set_format_raw(archive))
    switch compression {
    case .none: break
    case .gzip:
      try check(archive_write_add_filter_gzip(archive))
      // Without a value the option is switched off.
      try check(archive_write_set_filter_option(archive, "gzip", "timestamp", nil))
    case .zstd: try check(archive_write_add_filter_zstd(archive))
    }
    try check(archive_write_set_bytes_per_block(archive, Self.blockSize))
    // The last block is not filled up.
    try check(archive_write_set_bytes_in_last_block(archive, 1))
  }

  /// Connects libarchive with the file, and begins the one entry that there is.
  private func open() throws {
    // The pointer is valid as long as this object lives, and with it the archive.
    let context = Unmanaged.passUnretained(sink).toOpaque()
    try check(
      archive_write_open(
        archive, context, nil,
        { _, context, bytes, count in
          guard let context else { return -1 }
          let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
          do {
            try sink.file.write(UnsafeRawBufferPointer(start: bytes, count: count))
            return count
          } catch {
            sink.failure = error
            return -1
          }
        }, nil))

    let entry = archive_entry_new()
    defer { archive_entry_free(entry) }
    archive_entry_set_filetype(entry, Self.regularFile)
    try check(archive_write_header(archive, entry))
  }

  /// Adds bytes at the end.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let written = archive_write_data(archive, rest.baseAddress, rest.count)
      guard written > 0 else { throw failure() }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  /// Completes the file.
  func finish() throws -> ContentFile {
    try check(archive_write_close(archive))
    return try sink.file.finish()
  }

  private func check(_ result: Int32) throws {
    guard result < ARCHIVE_WARN else { return }
    throw failure()
  }

  private func failure() -> any Error {
    sink.failure
      ?? OperationError(
        operation: "write the file", subject: sink.file.path,
        cause: archive_error_string(archive).map { String(cString: $0) } ?? "libarchive gave no reason")
  }
}
