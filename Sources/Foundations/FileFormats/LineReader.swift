internal import Glibc

/// Reads a file line by line in bounded memory.
///
/// ```swift
/// let reader = try LineReader(path: path)
/// while let line = try reader.next() { … }
/// ```
package final class LineReader {
  /// One line, without its line feed; a carriage return before it stays.
  package struct Line {
    /// The bytes; valid until the next call of ``LineReader/next()``. Empty for a line that is too long.
    package let bytes: UnsafeRawBufferPointer
    /// The line's number, counted from 1.
    package let number: Int
    /// True when the line is longer than the limit; its bytes have been skipped.
    package let isTooLong: Bool
    /// True when a line feed ends it: only a file's last line may have none.
    package let isTerminated: Bool
  }

  /// The number of lines that have been read.
  package private(set) var lineCount = 0
  /// The longest line in bytes.
  package let limit: Int
  private let file: CompressedFile
  private var buffer: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  private var isAtEnd = false

  /// A reader of a file's lines.
  /// - Parameters:
  ///   - file: read by this reader only.
  ///   - limit: the longest line in bytes; longer ones come without their bytes.
  package init(_ file: CompressedFile, limit: Int = 16 << 20) {
    self.file = file
    self.limit = limit
    buffer = .allocate(byteCount: min(1 << 18, limit + 1), alignment: 16)
  }

  /// Opens a file.
  /// - Throws: as ``CompressedFile/init(path:allowsTar:)``.
  package convenience init(path: String, limit: Int = 16 << 20) throws {
    self.init(try CompressedFile(path: path), limit: limit)
  }

  deinit { buffer.deallocate() }

  /// The compressed file's size in bytes.
  package var compressedByteCount: Int64 { file.compressedByteCount }
  /// The number of compressed bytes that have been used: for progress.
  package var compressedPosition: Int64 { file.compressedPosition }

  /// The next line, which may be empty; `nil` at the end.
  /// - Throws: as ``CompressedFile/read(into:)``. Of a file that ends early, the complete lines are returned first; the
  ///   cut one is not.
  package func next() throws -> Line? {
    var searched = 0
    var isTooLong = false
    while true {
      if let base = buffer.baseAddress, let feed = memchr(base + start + searched, 10, end - start - searched) {
        let position = UnsafeRawPointer(feed) - UnsafeRawPointer(base)
        return line(upTo: position, consuming: position + 1, isTooLong: isTooLong, isTerminated: true)
      }

      searched = end - start
      if isAtEnd {
        guard searched > 0 || isTooLong else { return nil }
        return line(upTo: end, consuming: end, isTooLong: isTooLong, isTerminated: false)
      }

      // The beginning of a line that is too long makes space for the rest of it.
      if searched > limit {
        isTooLong = true
        start = end
        searched = 0
      }
      try fill()
    }
  }

  /// Takes a line off the buffer.
  private func line(upTo position: Int, consuming next: Int, isTooLong: Bool, isTerminated: Bool) -> Line {
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[start..<position])
    let isTooLong = isTooLong || bytes.count > limit
    start = next
    lineCount += 1
    return Line(
      bytes: isTooLong ? UnsafeRawBufferPointer(start: nil, count: 0) : bytes, number: lineCount, isTooLong: isTooLong,
      isTerminated: isTerminated)
  }

  /// Reads more bytes after those in the buffer.
  private func fill() throws {
    if start > 0 {
      if let base = buffer.baseAddress, end > start { memmove(base, base + start, end - start) }
      end -= start
      start = 0
    }
    if end == buffer.count {
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: min(buffer.count * 2, limit + 1), alignment: 16)
      larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
      buffer.deallocate()
      buffer = larger
    }
    let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
    end += count
    isAtEnd = count == 0
  }
}
