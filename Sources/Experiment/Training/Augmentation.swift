internal import Tensor

/// The variation of a set's pictures in training. Every range is symmetric; 0 leaves the property unchanged.
///
/// Pictures are drawn on random backgrounds, because their own is transparent. They are never mirrored: arrows and
/// letters have a direction. The default values are this package's own.
public struct Augmentation: Codable, Hashable, Sendable {
  /// The largest rotation, in degrees.
  public var rotation: Float = 15
  /// The smallest size of the picture, as a share of the frame.
  public var smallestScale: Float = 0.75
  /// The largest size of the picture, as a share of the frame; above 1, its edges are cut off.
  public var largestScale: Float = 1.1
  /// The largest difference of the two sides' scales, as a share.
  public var aspect: Float = 0.12
  /// The largest shift, as a share of the frame.
  public var shift: Float = 0.1
  /// The largest change of each channel and of all together, as a share.
  public var color: Float = 0.25
  /// The largest change of contrast and saturation, as a share.
  public var contrast: Float = 0.4
  /// The share of pictures that lose their colours.
  public var grayscale: Float = 0.08
  /// The share of pictures that are blurred.
  public var blur: Float = 0.2
  /// The share of pictures on white; the others are on a random colour or a shade between two.
  public var whiteBackground: Float = 0.35

  /// The default variation.
  public init() {}

  /// No variation, and a white background: the pictures that evaluation sees.
  public static var none: Augmentation {
    var none = Augmentation()
    (none.rotation, none.smallestScale, none.largestScale, none.aspect, none.shift) = (0, 1, 1, 0, 0)
    (none.color, none.contrast, none.grayscale, none.blur, none.whiteBackground) = (0, 0, 0, 0, 1)
    return none
  }
}

/// One drawn variation: the source of each pixel of the frame, and the change of its colour.
struct Variation {
  /// The columns of the matrix in source = matrix · target + shift, where half a frame is 1.
  let matrix: (SIMD2<Float>, SIMD2<Float>)
  let shift: SIMD2<Float>
  /// colour' = gains · colour, then away from grey by `saturation` and from middle grey by `contrast`.
  let gains: SIMD4<Float>
  let saturation, contrast: Float
  let blurs: Bool
  /// The background's colours at the two ends of a direction.
  let backgrounds: (SIMD4<Float>, SIMD4<Float>)
  let direction: SIMD2<Float>

  init(_ settings: Augmentation, _ generator: inout CounterGenerator) {
    func around(_ range: Float) -> Float { generator.uniform(-range...range) }

    // The order of the draws is part of the result: every statement below stays in its place.
    let angle = around(settings.rotation) * .pi / 180
    let scale = generator.uniform(settings.smallestScale...settings.largestScale)
    let aspect = 1 + around(settings.aspect)
    let (sine, cosine) = (Self.sine(angle), Self.sine(.pi / 2 - angle))
    let inverse = SIMD2(aspect / scale, 1 / (aspect * scale))
    matrix = (SIMD2(cosine, sine) * inverse.x, SIMD2(-sine, cosine) * inverse.y)
    shift = SIMD2(around(settings.shift), around(settings.shift)) * -2
    let all = 1 + around(settings.color)
    gains = SIMD4(
      all * (1 + around(settings.color)), all * (1 + around(settings.color)), all * (1 + around(settings.color)), 1)
    saturation = generator.uniform() < settings.grayscale ? 0 : 1 + around(settings.contrast)
    contrast = 1 + around(settings.contrast)
    blurs = generator.uniform() < settings.blur

    // All is drawn for each kind of background, so that the kind does not move the draws after it.
    func color() -> SIMD4<Float> { SIMD4(generator.uniform(), generator.uniform(), generator.uniform(), 1) }
    let (first, second) = (color(), color())
    let kind = generator.uniform()
    let isWhite = kind < settings.whiteBackground
    let isShaded = kind > 0.5 + 0.5 * settings.whiteBackground
    backgrounds = (isWhite ? SIMD4(repeating: 1) : first, isWhite ? SIMD4(repeating: 1) : isShaded ? second : first)
    let turn = generator.uniform(-Float.pi...Float.pi)
    direction = SIMD2(Self.sine(turn), Self.sine(.pi / 2 - turn)) * 0.35
  }

  /// The sine by its Taylor polynomial, so that variations do not depend on the C library's version.
  private static func sine(_ angle: Float) -> Float {
    var x = angle
    while x > .pi { x -= 2 * .pi }
    while x < -.pi { x += 2 * .pi }
    let square = x * x
    var sum: Float = 0
    for n in stride(from: 15, through: 3, by: -2) { sum = (1 + sum) * (-square / Float(n * (n - 1))) }
    return x * (1 + sum)
  }
}
