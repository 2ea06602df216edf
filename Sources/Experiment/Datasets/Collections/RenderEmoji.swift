public import ArtifactTypes
public import Core
internal import Counting
internal import Imaging

/// Draws emoji with a colour font.
///
/// The ids are those of ``ReadEmojiNames``. Emoji that look exactly alike are one picture: of flags (France, Clipperton
/// Island, Saint Martin) under the id of the territory where most people live, of others under the first one's.
public struct RenderEmoji: Stage {
  /// The font, from the Debian package fonts-noto-color-emoji.
  public var font = InputFile("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
  /// The font's family name.
  public var family = "Noto Color Emoji"
  /// The size at which the font is drawn before it is scaled: Noto's bitmaps are made for 109 pixels an em.
  public var strike = 109
  /// Unicode's list of emoji, from the Debian package unicode-data.
  public var emoji = InputFile("/usr/share/unicode/emoji/emoji-test.txt")
  /// CLDR's file of the populations of territories, from the Debian package unicode-cldr-core.
  public var supplemental = InputFile("/usr/share/unicode/cldr/common/supplemental/supplementalData.xml")
  /// Width and height in pixels.
  public var size = 32
  /// True to draw emoji with skin tones too.
  public var skinTones = false

  /// Draws with the font of the Debian package.
  /// - Parameters:
  ///   - size: width and height in pixels.
  ///   - skinTones: whether emoji with skin tones are drawn.
  public init(size: Int = 32, skinTones: Bool = false) {
    self.size = size
    self.skinTones = skinTones
  }

  /// An emoji as the font draws it.
  private struct Drawing: Sendable {
    /// Equal for drawings that look alike at the font's own size.
    let digest: Digest
    /// RGBA at the size of the stage.
    let pixels: [UInt8]
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libvips, and the libraries and fonts by which drawings become pixels.
  public static var environment: [EnvironmentFacet] { [Vips.version, Vips.drawing] }

  /// Draws the pictures in Unicode's order. Emoji that the font does not have, and those that look like another, are
  /// left out and noted.
  /// - Throws: ``OperationError`` when a file cannot be read or no emoji can be drawn.
  public func run(_ context: StageContext) async throws -> PictureSet {
    let list = try Emoji.read(emoji, skinTones: skinTones)
    let vips = try Vips()
    let stage = self
    let drawn = try await concurrentMap(
      count: list.count, threads: context.threads, progress: { context.progress($0, of: list.count, "emoji") },
      { index in Result { try stage.draw(list[index], vips) } })

    var faults = FaultCounts()
    var drawings: [Int: Drawing] = [:]
    for (position, result) in drawn.enumerated() {
      switch result {
      case .failure(let error): faults.add("emoji cannot be drawn", "\(list[position].id): \(error)")
      case .success(nil): faults.add("emoji are not one glyph of the font", list[position].id)
      case .success(let drawing?): drawings[position] = drawing
      }
    }
    try faults.check(kept: drawings.count, operation: "draw emoji", subject: font.path)
    faults.note(in: context)

    let twins = try twins(list, drawings)
    if !twins.isEmpty {
      let listed = twins.sorted { $0.key < $1.key }.map { "\(list[$0.key].id) (as \(list[$0.value].id))" }
      context.note("\(twins.count) emoji look like another and are left out: \(listed.joined(separator: ", "))")
    }

    // A dictionary has no order; the positions are those of Unicode's list.
    let kept = drawings.sorted { $0.key < $1.key }.filter { twins[$0.key] == nil }
    let writer = try PictureSetWriter(folder: context.scratch, count: kept.count, width: size, height: size)
    for (position, drawing) in kept { try writer.write(id: list[position].id, pixels: drawing.pixels) }
    return try writer.finish()
  }

  /// The emoji that look like another one, each with the position of the one that is kept.
  private func twins(_ list: [Emoji], _ drawings: [Int: Drawing]) throws -> [Int: Int] {
    let populations = try Territories(supplemental).populations
    var twins: [Int: Int] = [:]
    for positions in Dictionary(grouping: drawings.keys.sorted(), by: { drawings[$0]?.digest }).values {
      let people = positions.map { list[$0].territory.flatMap { populations[$0] } ?? 0 }
      guard let most = people.max(), let shown = zip(positions, people).first(where: { $0.1 == most })?.0 else {
        continue
      }
      for position in positions where position != shown { twins[position] = shown }
    }
    return twins
  }

  /// - Returns: `nil` for what the font draws as several glyphs, or as none.
  private func draw(_ emoji: Emoji, _ vips: Vips) throws -> Drawing? {
    let (pixels, width, height) = try vips.text(emoji.text, font: family, file: font.path, points: strike)
    let isOneGlyph = width * 2 < height * 3
    guard isOneGlyph, PictureDecoder.hasVisiblePixel(pixels) else { return nil }
    let digest = CanonicalValue.list([.integer(Int64(width)), .digest(Digest(of: pixels))]).digest
    return Drawing(digest: digest, pixels: try vips.fit(pixels, width: width, height: height, size: size))
  }
}
