internal import Core
internal import Glibc

/// The fonts and libraries that draw vector pictures and text.
///
/// A font counts by its file's name, its size and its own version, not by its bytes: a desktop's fonts have gigabytes.
/// Its folder does not count.
package struct DrawingTools: CustomStringConvertible {
  private var versions: [String] = []
  private var fonts: Set<String> = []
  private var digest = DigestBuilder()

  /// The tools in a list of libvips.
  /// - Parameter lines: the lines of `cvips_api.drawing`, with fields separated by tabs.
  /// - Throws: ``OperationError`` when a file of the configuration cannot be read.
  package init(_ lines: String) throws {
    var configuration: [String] = []

    for line in lines.split(separator: "\n") {
      let fields = line.split(separator: "\t").map(String.init)
      switch fields.first {
      case "version" where fields.count == 3: versions.append("\(fields[1]) \(fields[2])")
      case "configuration" where fields.count == 2:
        // fontconfig lists the folders of its configuration too.
        guard !Self.isFolder(fields[1]) else { continue }
        configuration.append("\(Self.name(fields[1])) \(try FileBytes.digest(fields[1]).digest)")
      case "font" where fields.count == 3:
        fonts.insert("\(Self.name(fields[1])) \(Self.byteCount(fields[1])) \(fields[2])")
      default: continue
      }
    }

    for entry in configuration + fonts.sorted() { digest.update(Array((entry + "\n").utf8)) }
  }

  /// For instance `39 fonts (8af31c02), librsvg 2.54.7, Pango 1.50.12, fontconfig 2.14.1`.
  package var description: String {
    (["\(fonts.count) \(fonts.count == 1 ? "font" : "fonts") (\(digest.digest.short))"] + versions).joined(
      separator: ", ")
  }

  private static func name(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func byteCount(_ path: String) -> Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : 0
  }
}
