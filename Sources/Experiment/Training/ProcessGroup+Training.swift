internal import Core

extension ProcessGroup {
  /// The places of this process's part of so many: contiguous, in the order of the ranks, and no two sizes more than one apart.
  /// - Throws: ``OperationError`` when there is not one for each process.
  func share(of count: Int) throws -> Range<Int> {
    guard count >= size else {
      throw OperationError(
        operation: "train", subject: "\(count) pictures a step in \(size) processes",
        cause:
          "every process encodes at least one: lower `processes`, or raise `picturesPerStep` where there are more pictures"
      )
    }
    return count * rank / size..<count * (rank + 1) / size
  }

  /// The saved training that the first process goes on from, in every process; `nil` when it starts anew.
  func sharing(_ saved: SavedTraining?) throws -> SavedTraining? {
    if size == 1 { return saved }
    let bytes = try broadcast(rank == 0 ? saved?.bytes() ?? [] : [])
    if rank == 0 { return saved }
    return bytes.isEmpty ? nil : try SavedTraining(bytes: bytes)
  }
}
