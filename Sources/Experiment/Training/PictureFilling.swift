internal import Core
internal import Tensor

/// Fills places of a batch with pictures until none of them has one that cannot be decoded.
///
/// The place of such a picture goes to another one, after all places have had their first.
struct PictureFilling {
  /// Draws the picture at a position in the set for a place; depends on these two only.
  typealias Drawing =
    @Sendable (_ place: Int, _ position: Int, inout PictureCanvas, UnsafeMutableBufferPointer<Float>) throws -> Void

  /// The numbers of the places; the first of them is the batch's place 0.
  let places: Range<Int>
  /// The number of pictures that there are to choose from.
  let count: Int
  /// True when the batch is no longer wanted.
  let isStopped: @Sendable () -> Bool
  /// The error for the case that none of the pictures can be decoded; takes their positions with the causes.
  let allBroken: (_ broken: [Int: String]) -> OperationError
  let draw: Drawing

  /// Fills the places.
  /// - Parameters:
  ///   - members: the position of each place's picture in the set.
  ///   - broken: the positions of pictures that cannot be decoded, and why; takes those that are found.
  ///   - another: the position of the next picture for a place.
  /// - Throws: what ``draw`` throws other than ``BrokenPicture``, what `another` throws; `CancellationError` when
  ///   ``isStopped`` says so.
  func fill(
    _ batch: inout PictureBatch, members: inout [Int], broken: inout [Int: String],
    another: (_ place: Int) throws -> Int
  ) throws {
    let (first, isStopped, draw) = (places.lowerBound, isStopped, draw)
    var open = Array(places)
    while !open.isEmpty {
      let (positions, known) = (members, broken)
      let faults = batch.fill(open.map { $0 - first }) { index, canvas, values in
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
      // Otherwise the places would be given broken pictures for ever.
      if broken.count == count { throw allBroken(broken) }

      for place in failed { members[place] = try another(place) }
      open = failed
    }
  }
}
