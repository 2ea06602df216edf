public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads a second artist's pictures of the same emoji, to measure what was learned of the things and not of the drawing
/// style.
///
/// The ids are those of ``ReadEmojiNames``; pictures of emoji that Unicode does not list are left out.
public struct ReadSecondEmojiStyle: Stage {
  /// EmojiOne's pictures, named by their code points (`1F468-1F469.png`), from the Debian package ruby-gemojione.
  public var folder = InputFolder(
    "/usr/share/rubygems-integration/all/gems/gemojione-3.3.0/assets/png", suffixes: [".png"])
  /// Unicode's list of emoji, from the Debian package unicode-data.
  public var emoji = InputFile("/usr/share/unicode/emoji/emoji-test.txt")
  /// Width and height in pixels.
  public var size = 32
  /// True to read emoji with skin tones too.
  public var skinTones = false

  /// Reads the pictures of the Debian package.
  /// - Parameters:
  ///   - size: width and height in pixels.
  ///   - skinTones: whether emoji with skin tones count.
  public init(size: Int = 32, skinTones: Bool = false) {
    self.size = size
    self.skinTones = skinTones
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libvips.
  public static var environment: [EnvironmentFacet] { [Vips.version] }

  /// Reads the pictures in Unicode's order.
  /// - Throws: ``OperationError`` when a file cannot be read or no picture can be used.
  public func run(_ context: StageContext) async throws -> PictureSet {
    // The files' names leave these out, some of them.
    let ignored: Set<Unicode.Scalar> = [Emoji.variationSelector, Emoji.joiner]
    var files: [[UInt8]: FolderFile] = [:]
    for file in try folder.files() {
      let scalars = file.name.dropLast(".png".count).split(separator: "-").map {
        UInt32($0, radix: 16).flatMap(Unicode.Scalar.init)
      }
      guard !scalars.contains(nil) else { continue }
      files[Emoji.key(scalars.compactMap(\.self), leavingOut: ignored)] = file
    }

    let entries = try Emoji.read(emoji, skinTones: skinTones).compactMap { emoji in
      files[Emoji.key(emoji.scalars, leavingOut: ignored)].map { PictureFiles.Entry(id: emoji.id, path: $0.path) }
    }
    return try await PictureFiles(entries: entries).render(
      size: size, operation: "read the second style of emoji", subject: folder.path, context)
  }
}
