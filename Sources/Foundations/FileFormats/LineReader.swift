internal import Glibc

/// Reads a file line by line in bounded memory.
///
/// ```swift
/// let reader = LineReader(try CompressedFile(path: path))
/// while let line = try reader.next() { … }
/// ```
package final class LineReader {
  /// One line, without its line feed; a carriage return before it stays.
  package struct Line {
    /// The bytes; valid until the next call of ``LineReader/next()``. Empty for a line that is too long.
    package let bytes: UnsafeRawBufferPointer
    /// Counted from 1.
    package let number: Int
    /// Whether the line is longer than the limit; its bytes have been passed over.
    package let isTooLong: Bool
    /// Whether a line feed ends it: only a file's last line may have none.
    package let isTerminated: Bool
  }

  /// How many lines have been read.
  package private(set) var lineCount = 0
  /// Bytes of a line that are held at most.
  package let limit: Int
  private let file: CompressedFile
  private var buffer: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  private var isAtEnd = false

  /// - Parameters:
  ///   - file: nobody else reads from it.
  ///   - limit: the longest line in bytes.
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

  /// The packed file's size in bytes, and how many of them have been used: for progress.
  package var packedByteCount: Int64 { file.packedByteCount }
  package var packedPosition: Int64 { file.packedPosition }

  /// The next line; `nil` at the end. Lines that are empty count and come too.
  /// - Throws: as ``CompressedFile/read(into:)``. Of a file that ends early, the lines that are whole come first; the cut one does not
  ///   come.
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
      if searched > limit {
        isTooLong = true
        start = end
        searched = 0
      }
      try fill()
    }
  }

  private func line(upTo position: Int, consuming next: Int, isTooLong: Bool, isTerminated: Bool) -> Line {
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[start..<position])
    let isTooLong = isTooLong || bytes.count > limit
    start = next
    lineCount += 1
    return Line(
      bytes: isTooLong ? UnsafeRawBufferPointer(start: nil, count: 0) : bytes, number: lineCount, isTooLong: isTooLong,
      isTerminated: isTerminated)
  }

  /// Brings more bytes behind those that are there.
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
