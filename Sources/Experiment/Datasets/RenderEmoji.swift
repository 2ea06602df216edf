public import ArtifactTypes
public import Core
internal import Counting
internal import Imaging

/// Draws emoji with a colour font.
///
/// The ids are those of ``ReadEmojiNames``. Emoji that look exactly alike are one picture: of flags (France, Clipperton Island, Saint
/// Martin) under the id of the territory where most people live, of others under the first one's.
public struct RenderEmoji: Stage {
  /// From the Debian package fonts-noto-color-emoji.
  public var font = InputFile("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
  /// The font's family name.
  public var family = "Noto Color Emoji"
  /// At which size the font is drawn before it is scaled: Noto's bitmaps are made for 109 pixels an em.
  public var strike = 109
  /// Unicode's list of emoji, from the Debian package unicode-data.
  public var emoji = InputFile("/usr/share/unicode/emoji/emoji-test.txt")
  /// How many people live where, from the Debian package unicode-cldr-core.
  public var supplemental = InputFile("/usr/share/unicode/cldr/common/supplemental/supplementalData.xml")
  /// Width and height in pixels.
  public var size = 32
  /// Whether emoji with skin tones are drawn.
  public var skinTones = false

  public init(size: Int = 32, skinTones: Bool = false) {
    self.size = size
    self.skinTones = skinTones
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [Vips.version, Vips.drawing] }

  public func run(_ context: StageContext) async throws -> PictureSet {
    let list = try Emoji.read(emoji, skinTones: skinTones)
    let vips = try Vips()
    let stage = self
    let drawn = try await concurrentMap(
      count: list.count, threads: context.threads, progress: { context.progress($0, of: list.count, "emoji") },
      { index in Result { try stage.draw(list[index], vips) } })
    let populations = try Territories(supplemental).populations
    var faults = FaultCounts()
    var looks: [Digest: [Int]] = [:]
    var pixels: [Int: [UInt8]] = [:]
    for (position, result) in drawn.enumerated() {
      switch result {
      case .failure(let error): faults.add("emoji cannot be drawn", "\(list[position].id): \(error)")
      case .success(nil): faults.add("emoji are not one glyph of the font", list[position].id)
      case .success(let drawing?):
        looks[drawing.digest, default: []].append(position)
        pixels[position] = drawing.pixels
      }
    }
    try faults.check(kept: pixels.count, operation: "draw emoji", subject: font.path)
    faults.note(in: context)
    var twins: [Int: Int] = [:]
    for positions in looks.values {
      let people = positions.map { list[$0].territory.flatMap { populations[$0] } ?? 0 }
      guard let most = people.max(), let shown = zip(positions, people).first(where: { $0.1 == most })?.0 else {
        continue
      }
      for position in positions where position != shown { twins[position] = shown }
    }
    if !twins.isEmpty {
      let listed = twins.sorted { $0.key < $1.key }.map { "\(list[$0.key].id) (as \(list[$0.value].id))" }
      context.note("\(twins.count) emoji look like another and are left out: \(listed.joined(separator: ", "))")
    }
    let kept = list.indices.filter { pixels[$0] != nil && twins[$0] == nil }
    let writer = try PictureSetWriter(folder: context.scratch, count: kept.count, width: size, height: size)
    for position in kept { try writer.write(id: list[position].id, pixels: pixels[position] ?? []) }
    return try writer.finish()
  }

  /// - Returns: `nil` for what the font draws as several glyphs, or as none.
  private func draw(_ emoji: Emoji, _ vips: Vips) throws -> (digest: Digest, pixels: [UInt8])? {
    let (pixels, width, height) = try vips.text(emoji.text, font: family, file: font.path, points: strike)
    guard width * 2 < height * 3,
      stride(from: 3, to: pixels.count, by: 4).contains(where: { pixels[$0] > 0 })
    else { return nil }
    let digest = CanonicalValue.list([.integer(Int64(width)), .digest(Digest(of: pixels))]).digest
    return (digest, try vips.fit(pixels, width: width, height: height, size: size))
  }
}
