internal import CArchive
internal import Core

/// Decompresses bzip2, xz or zstd through libarchive.
///
/// When a file ends early, libarchive returns nothing of the block (64 to 256 KiB, decompressed) in which it noticed.
final class FilterStream: DecompressionStream {
  private let input: InputDescriptor
  private let compression: Compression
  private let archive: OpaquePointer
  /// The bytes of libarchive's last block that have not been read; valid until its next call.
  private var block = UnsafeRawBufferPointer(start: nil, count: 0)
  private var isAtEnd = false

  /// - Throws: ``OperationError`` when the file is not of that kind, or ends early.
  init(_ input: InputDescriptor, _ compression: Compression) throws {
    self.input = input
    self.compression = compression
    guard let archive = archive_read_new() else {
      throw OperationError(
        operation: "decompress the file", subject: input.path, cause: "libarchive has no memory for it")
    }
    self.archive = archive

    // A single compressed file is an archive of the format “raw” for libarchive, an empty one of “empty”.
    switch compression {
    case .bzip2: archive_read_support_filter_bzip2(archive)
    case .xz: archive_read_support_filter_xz(archive)
    case .zstd: archive_read_support_filter_zstd(archive)
    case .gzip, .none: preconditionFailure("\(compression) has a stream of its own")
    }
    archive_read_support_format_raw(archive)
    archive_read_support_format_empty(archive)
    try check(archive_read_open_fd(archive, input.descriptor, 1 << 18))

    // Next to the filter that was asked for there is only the file itself.
    var entry: OpaquePointer?
    let result = archive_read_next_header(archive, &entry)
    guard archive_filter_count(archive) == 2 else {
      throw damage("libarchive does not know it as \(compression.rawValue)")
    }

    if result == ARCHIVE_EOF {
      try end()
    } else {
      try check(result)
    }
  }

  deinit { archive_read_free(archive) }

  var compressedPosition: Int64 { max(0, archive_filter_bytes(archive, -1)) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while block.isEmpty {
      if isAtEnd { return 0 }
      var start: UnsafeRawPointer?
      var count = 0
      var offset: la_int64_t = 0
      let result = archive_read_data_block(archive, &start, &count, &offset)
      switch result {
      case ARCHIVE_EOF: try end()
      case ARCHIVE_RETRY: continue
      default:
        try check(result)
        block = UnsafeRawBufferPointer(start: start, count: count)
      }
    }

    let count = min(block.count, buffer.count)
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[..<count]))
    block = UnsafeRawBufferPointer(rebasing: block[count...])
    return count
  }

  /// Checks that the file ends here: libarchive takes any bytes that are not a further stream for the end.
  private func end() throws {
    isAtEnd = true
    let position = compressedPosition
    guard position < input.byteCount, try !input.isZero(from: position) else { return }
    // Too short for the next stream's header.
    if input.byteCount - position < 12 { throw early() }
    throw damage("what follows is not \(compression.rawValue)")
  }

  private func check(_ result: Int32) throws {
    guard result < ARCHIVE_WARN else { return }
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "libarchive gave no reason"
    // The second is liblzma's message.
    let endsEarly = reason.lowercased().contains("truncated") || reason.contains("No progress is possible")
    throw endsEarly ? early() : damage(reason)
  }

  private func early() -> OperationError {
    OperationError(
      operation: "decompress the file", subject: input.path,
      cause: "it ends early, after \(input.byteCount) compressed bytes: get it again", endsEarly: true)
  }

  private func damage(_ reason: String) -> OperationError {
    OperationError(
      operation: "decompress the file", subject: input.path,
      cause: "it is damaged at about compressed byte \(compressedPosition) (\(reason)): get it again")
  }
}
