internal import Core
internal import Tensor

extension PictureBatch {
  /// Fills places with encoded or other pictures until none of them has one that cannot be decoded: its place goes to another picture, after
  /// all places have had their first.
  /// - Parameters:
  ///   - places: numbers of places; the first of them is this batch's place 0.
  ///   - members: for each place the position of its picture in the set.
  ///   - broken: positions of pictures that cannot be decoded, and why; takes those that are found.
  ///   - count: how many pictures there are to choose from.
  ///   - allBroken: the error when none of them can be decoded.
  ///   - another: the position of the next picture for a place.
  ///   - draw: draws the picture at a position for a place; depends on these two alone.
  /// - Throws: what `draw` throws other than ``BrokenPicture``, what `another` throws; `CancellationError` when `isStopped` says so.
  mutating func fill(
    _ places: Range<Int>, members: inout [Int], broken: inout [Int: String], of count: Int,
    isStopped: @escaping @Sendable () -> Bool, allBroken: (_ broken: [Int: String]) -> OperationError,
    another: (_ place: Int) throws -> Int,
    draw:
      @escaping @Sendable (
        _ place: Int, _ position: Int, inout PictureCanvas, UnsafeMutableBufferPointer<Float>
      ) throws -> Void
  ) throws {
    let first = places.lowerBound
    var open = Array(places)
    while !open.isEmpty {
      let (positions, known) = (members, broken)
      let faults = fill(open.map { $0 - first }) { index, canvas, values in
        if isStopped() { throw CancellationError() }
        let position = positions[index + first]
        if let cause = known[position] { throw BrokenPicture(position: position, cause: cause) }
        try draw(index + first, position, &canvas, values)
      }
      if isStopped() { throw CancellationError() }
      var failed: [Int] = []
      for (place, fault) in zip(open, faults) {
        guard let fault else { continue }
        guard let fault = fault as? BrokenPicture else { throw fault }
        broken[fault.position] = fault.cause
        failed.append(place)
      }
      if broken.count == count { throw allBroken(broken) }
      for place in failed { members[place] = try another(place) }
      open = failed
    }
  }
}
