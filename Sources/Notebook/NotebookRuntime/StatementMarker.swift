package import Core
internal import Glibc

/// The statement that a notebook program has reached, in memory that outlives the program.
///
/// It is a shared, mapped file of 16 bytes: the cell and the line as 64-bit integers. After a trap the supervisor reads
/// from it the statement that was running. Marking a statement costs two stores.
package struct StatementMarker: @unchecked Sendable {
  // No lock: only the notebook's main task writes; the supervisor reads the supervisor after the program ended.
  private let words: UnsafeMutablePointer<Int64>?

  /// Maps the file, and creates it when it is missing. Without a file, marking does nothing.
  package init(path: String) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0, ftruncate(descriptor, 16) == 0,
      let memory = mmap(nil, 16, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
    else {
      words = nil
      return
    }
    close(descriptor)
    words = memory.bindMemory(to: Int64.self, capacity: 2)
  }

  /// Notes that the program has reached this place.
  package func mark(_ place: CellPlace) {
    words?[0] = Int64(place.cell)
    words?[1] = Int64(place.line)
  }

  /// The last marked statement; `nil` before the first.
  package var place: CellPlace? {
    guard let words, words[0] > 0 else { return nil }
    return CellPlace(cell: Int(words[0]), line: Int(words[1]))
  }
}
