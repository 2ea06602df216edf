public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads a second artist's pictures of the same emoji, to measure what was learned of the things and not of the drawing style.
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
  /// Whether emoji with skin tones count.
  public var skinTones = false

  public init(size: Int = 32, skinTones: Bool = false) {
    self.size = size
    self.skinTones = skinTones
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [Vips.version] }

  public func run(_ context: StageContext) async throws -> PictureSet {
    let joiners: Set<Unicode.Scalar> = ["\u{FE0F}", "\u{200D}"]
    var files: [[UInt8]: FolderFile] = [:]
    for file in try folder.files() {
      let scalars = file.name.dropLast(4).split(separator: "-").map {
        UInt32($0, radix: 16).flatMap(Unicode.Scalar.init)
      }
      guard !scalars.contains(nil) else { continue }
      files[Emoji.key(scalars.compactMap(\.self), leavingOut: joiners)] = file
    }
    let entries = try Emoji.read(emoji, skinTones: skinTones).compactMap { emoji in
      files[Emoji.key(emoji.scalars, leavingOut: joiners)].map { PictureFiles.Entry(id: emoji.id, path: $0.path) }
    }
    return try await PictureFiles(entries: entries).render(
      size: size, operation: "read the second style of emoji", subject: folder.path, context)
  }
}
