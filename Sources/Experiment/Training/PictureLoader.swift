package import Core
internal import Imaging
internal import Tensor

/// Batches of encoded pictures as a training reads them, for use outside a training.
///
/// Pictures are decoded, varied and normalised on all cores, ahead of their use. The order is a training's, epoch after
/// epoch without end. Pictures that cannot be decoded are skipped. Not for use from two threads at once.
package final class PictureLoader {
  /// One batch.
  package struct Batch: Sendable {
    /// The pictures' ids, in order.
    package let ids: [String]
    /// `[ids.count, 3, size, size]`, normalised with CLIP's means and deviations.
    package let values: [Float]
  }

  /// The number of pictures in the folder.
  package let count: Int
  private let batches: Prefetcher<Batch>

  /// Looks through a folder and begins to load.
  /// - Parameters:
  ///   - folder: as for `PictureFolder`.
  ///   - keysAreLocal: as `PictureFolder.keysAreLocal`.
  ///   - size: width and height of the loaded pictures, in pixels.
  ///   - batch: the number of pictures in a batch.
  ///   - crop: the variation of the pictures; with `nil`, evaluation's middle square.
  ///   - seed: decides the order and the crops.
  /// - Throws: ``OperationError`` when the folder cannot be read.
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
      let filling = PictureFilling(
        places: 0..<batch, count: pictures.count, isStopped: isStopped,
        allBroken: { broken in
          OperationError(
            operation: "load pictures", subject: folder.path,
            cause: "none of the \(broken.count) can be decoded: look at the files")
        },
        draw: { place, position, canvas, values in
          let pixels = try pictures.pixels(at: position, size: size, vips) { width, height in
            // Keyed by step and place: the crop depends neither on threads nor on other pictures.
            var generator = CounterGenerator(seed, for: .crops, UInt64(step), UInt64(place))
            return crop?.draw(width: width, height: height, &generator)
              ?? .middle(width: width, height: height, size: size)
          }
          canvas.place(pixels, into: values)
        })
      try filling.fill(&values, members: &members, broken: &broken) { _ in next.order.next().index }
      next.step += 1
      return Batch(ids: members.map { pictures.ids[$0] }, values: values.elements)
    }
  }

  deinit { batches.stop() }

  /// The next batch; waits until it is there.
  /// - Throws: ``OperationError`` when a file cannot be read, or no picture can be decoded; `CancellationError`.
  package func next() throws -> Batch { try batches.next() }
}
