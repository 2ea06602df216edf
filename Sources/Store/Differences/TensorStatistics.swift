/// How far two arrays of numbers are from each other.
struct TensorStatistics {
  /// The largest |a−b| of numbers that are both finite.
  private(set) var largest = 0.0
  private var dot = 0.0
  private var oldSquares = 0.0
  private var newSquares = 0.0
  private var differenceSquares = 0.0
  /// Elements that are no finite number in one of both and are not the same in the other.
  private(set) var odd = 0
  private(set) var count = 0

  /// ‖b−a‖ / ‖a‖; `nil` where a is zero throughout.
  var relative: Double? { oldSquares > 0 ? (differenceSquares / oldSquares).squareRoot() : nil }
  /// `nil` where one of both is zero throughout.
  var cosine: Double? {
    oldSquares > 0 && newSquares > 0 ? max(-1, min(1, dot / (oldSquares.squareRoot() * newSquares.squareRoot()))) : nil
  }

  init() {}

  @inline(__always)
  mutating func add(_ a: Double, _ b: Double) {
    count += 1
    guard a.isFinite, b.isFinite else {
      if a != b, !(a.isNaN && b.isNaN) { odd += 1 }
      return
    }
    let difference = b - a
    largest = max(largest, abs(difference))
    dot += a * b
    oldSquares += a * a
    newSquares += b * b
    differenceSquares += difference * difference
  }

  /// Adds elements of two arrays.
  mutating func add(
    _ old: UnsafeRawBufferPointer, _ new: UnsafeRawBufferPointer, _ type: ElementType, _ elements: Range<Int>
  ) {
    var start = elements.lowerBound
    if type == .float32 {
      // Eight at a time; a block with something that is not finite goes one by one.
      typealias Block = SIMD8<Float>
      while start + 8 <= elements.upperBound {
        let a = old.loadUnaligned(fromByteOffset: start * 4, as: Block.self)
        let b = new.loadUnaligned(fromByteOffset: start * 4, as: Block.self)
        let x = SIMD8<Double>(a)
        let y = SIMD8<Double>(b)
        let difference = y - x
        let squares = (difference * difference).sum()
        let (xx, yy, xy) = ((x * x).sum(), (y * y).sum(), (x * y).sum())
        if (squares + xx + yy).isFinite {
          dot += xy
          oldSquares += xx
          newSquares += yy
          differenceSquares += squares
          largest = max(largest, difference.max(), -difference.min())
          count += 8
        } else {
          for index in start..<start + 8 { add(type.value(old, index), type.value(new, index)) }
        }
        start += 8
      }
    }
    for index in start..<max(start, elements.upperBound) { add(type.value(old, index), type.value(new, index)) }
  }
}
