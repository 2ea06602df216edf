internal import Core

extension ProcessGroup {
  /// This process's share of `count` places: contiguous, in the order of the ranks; sizes differ by one at most.
  /// - Throws: ``OperationError`` when there are fewer places than processes.
  func share(of count: Int) throws -> Range<Int> {
    guard count >= size else {
      throw OperationError(
        operation: "train", subject: "\(count) pictures a step in \(size) processes",
        cause: """
          every process encodes at least one: lower `processes`, or raise `picturesPerStep` if there are more pictures
          """)
    }
    return count * rank / size..<count * (rank + 1) / size
  }

  /// The saved training that the first process continues, in every process; `nil` when it starts from scratch.
  func sharing(_ saved: SavedTraining?) throws -> SavedTraining? {
    if size == 1 { return saved }
    let bytes = try broadcast(rank == 0 ? saved?.bytes() ?? [] : [])
    if rank == 0 { return saved }
    return bytes.isEmpty ? nil : try SavedTraining(bytes: bytes)
  }
}
