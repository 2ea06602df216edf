public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Scales pictures of countries' flags to one size. Flags that are not a country's, such as Scotland's, are left out.
public struct RenderFlags: Stage {
  /// The folder of the Debian package iso-flags-png-320x240.
  public static let folder = InputFolder("/usr/share/iso-flags-png-320x240", suffixes: [".png"])

  /// The flags, named by the countries' two-letter codes.
  public var flags = Self.folder
  /// Width and height in pixels.
  public var size = 32

  /// Reads the flags of the Debian package.
  /// - Parameter size: width and height in pixels.
  public init(size: Int = 32) { self.size = size }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libvips.
  public static var environment: [EnvironmentFacet] { [Vips.version] }

  /// Reads the pictures in the order of the codes, under the ids of ``ReadFlags``.
  /// - Throws: ``OperationError`` when there is no flag of a country or no picture can be used.
  public func run(_ context: StageContext) async throws -> PictureSet {
    let entries = try Self.flags(in: flags).map { PictureFiles.Entry(id: $0.id, path: $0.path) }
    return try await PictureFiles(entries: entries).render(
      size: size, operation: "read flags", subject: flags.path, context)
  }

  /// The flags whose files are named by a two-letter code, such as `fr.png`, in the order of the codes.
  static func flags(in folder: InputFolder) throws -> [(id: String, code: String, path: String)] {
    let found = try folder.files().filter { file in
      file.stem.utf8.count == 2 && file.stem.utf8.allSatisfy(\.isASCIILowercase)
    }
    guard !found.isEmpty else {
      throw OperationError(
        operation: "read flags", subject: folder.path,
        cause: "no file in it is named by a country's two letters, as fr.png is")
    }
    return found.map { (id: "flags/" + $0.stem.uppercased(), code: $0.stem.uppercased(), path: $0.path) }
  }
}
