package import Core
internal import Imaging
internal import Tensor

/// Batches of encoded pictures as a training reads them, without a training: decoded, varied and normalised on all cores, ahead of their use.
///
/// The order is a training's, epoch after epoch without end. Pictures that cannot be decoded are passed over. Not for use from two threads
/// at once.
package final class PictureLoader {
  /// One batch.
  package struct Batch: Sendable {
    /// The pictures' ids, in order.
    package let ids: [String]
    /// `[ids.count, 3, size, size]`, normalised with CLIP's means and deviations.
    package let values: [Float]
  }

  /// How many pictures the folder has.
  package let count: Int
  private let batches: Prefetcher<Batch>

  /// - Parameters:
  ///   - folder: as ``TrainCLIP/folder``.
  ///   - size: width and height of the pictures that come out.
  ///   - batch: how many pictures a batch has.
  ///   - crop: how they are varied; evaluation's middle square when `nil`.
  /// - Throws: `OperationError` when the folder cannot be read.
  package init(
    folder: InputFolder, keysAreLocal: Bool = false, size: Int, batch: Int, crop: ResizedCrop? = ResizedCrop(),
    seed: UInt64 = 0
  ) throws {
    let pictures = try EncodedPictures(folder, keysAreLocal: keysAreLocal)
    let vips = try Vips()
    count = pictures.count
    let order = PictureOrder(count: pictures.count, seed: seed)
    batches = Prefetcher(depth: 2, (order: order, step: 0)) { next, isStopped in
      var values = PictureBatch(frame: size, patch: size, count: batch)
      var members = (0..<batch).map { _ in next.order.next().index }
      var broken: [Int: String] = [:]
      let step = next.step
      try values.fill(
        0..<batch, members: &members, broken: &broken, of: pictures.count, isStopped: isStopped,
        allBroken: { broken in
          OperationError(
            operation: "load pictures", subject: folder.path,
            cause: "none of the \(broken.count) can be decoded: look at the files")
        },
        another: { _ in next.order.next().index },
        draw: { place, position, canvas, values in
          let pixels = try pictures.pixels(at: position, size: size, vips) { width, height in
            var generator = CounterGenerator(seed, 0x6372_6F70, UInt64(step), UInt64(place))
            return crop?.draw(width: width, height: height, &generator)
              ?? .middle(width: width, height: height, size: size)
          }
          canvas.place(pixels, into: values)
        })
      next.step += 1
      return Batch(ids: members.map { pictures.ids[$0] }, values: values.elements)
    }
  }

  deinit { batches.stop() }

  /// The next batch; waits until it is there.
  /// - Throws: `OperationError` when a file cannot be read; ``OperationError`` when no picture can be decoded; `CancellationError`.
  package func next() throws -> Batch { try batches.next() }
}
