internal import CArchive
internal import Core

/// Unpacks bzip2, xz or zstd through libarchive.
///
/// When a file ends early, libarchive gives back nothing of the block (64 to 256 KiB, unpacked) in which it noticed.
final class FilterStream: UnpackingStream {
  private let input: InputDescriptor
  private let compression: Compression
  private let archive: OpaquePointer
  /// What is left of libarchive's last block; valid until the next call.
  private var block = UnsafeRawBufferPointer(start: nil, count: 0)
  private var isAtEnd = false

  /// - Throws: ``OperationError`` when the file is not of that kind, or ends early.
  init(_ input: InputDescriptor, _ compression: Compression) throws {
    self.input = input
    self.compression = compression
    guard let archive = archive_read_new() else {
      throw OperationError(operation: "unpack the file", subject: input.path, cause: "libarchive has no memory for it")
    }
    self.archive = archive
    switch compression {
    case .bzip2: archive_read_support_filter_bzip2(archive)
    case .xz: archive_read_support_filter_xz(archive)
    case .zstd: archive_read_support_filter_zstd(archive)
    case .gzip, .none: preconditionFailure("\(compression) has a stream of its own")
    }
    archive_read_support_format_raw(archive)
    archive_read_support_format_empty(archive)
    try check(archive_read_open_fd(archive, input.descriptor, 1 << 18))
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

  var packedPosition: Int64 { max(0, archive_filter_bytes(archive, -1)) }

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

  /// Libarchive takes whatever is no further stream for the end.
  private func end() throws {
    isAtEnd = true
    let position = packedPosition
    guard position < input.byteCount, try !input.isZero(from: position) else { return }
    // Too short for the next stream's header.
    if input.byteCount - position < 12 { throw early() }
    throw damage("what follows is not \(compression.rawValue)")
  }

  private func check(_ result: Int32) throws {
    guard result < ARCHIVE_WARN else { return }
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "libarchive gave no reason"
    // The second is liblzma's way to say it.
    let endsEarly = reason.lowercased().contains("truncated") || reason.contains("No progress is possible")
    throw endsEarly ? early() : damage(reason)
  }

  private func early() -> OperationError {
    OperationError(
      operation: "unpack the file", subject: input.path,
      cause: "it ends early, after \(input.byteCount) packed bytes: get it again", endsEarly: true)
  }

  private func damage(_ reason: String) -> OperationError {
    OperationError(
      operation: "unpack the file", subject: input.path,
      cause: "it is damaged at about packed byte \(packedPosition) (\(reason)): get it again")
  }
}
