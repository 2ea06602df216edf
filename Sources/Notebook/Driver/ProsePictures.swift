internal import Core
internal import Foundation
internal import Notebook

/// The picture files in a notebook's prose, which the report contains.
enum ProsePictures {
  /// The size of the largest file that the report contains, 8 MiB; larger ones are left out.
  static let limit = 8 << 20

  private static let types = ["png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"]

  /// Reads the pictures. Only raster files inside the project's folder count, since a report may be published.
  /// - Returns: the pictures by the path in the prose.
  static func load(_ document: NotebookDocument, notebook: String, project: Project) -> [String: Picture] {
    let folder = URL(fileURLWithPath: notebook).deletingLastPathComponent()
    var pictures: [String: Picture] = [:]
    for match in document.body.matches(of: #/!\[(?<caption>[^\]]*)\]\((?<path>[^)\s]+)[^)]*\)/#) {
      let path = String(match.path)
      guard let decoded = path.removingPercentEncoding, let url = URL(string: decoded, relativeTo: folder),
        url.isFileURL, let type = types[url.pathExtension.lowercased()]
      else { continue }
      let file = url.standardizedFileURL.resolvingSymlinksInPath().path
      guard file.hasPrefix(project.root + "/"), let data = FileManager.default.contents(atPath: file),
        data.count <= limit
      else { continue }
      pictures[path] = Picture(bytes: Array(data), mediaType: type, caption: String(match.caption))
    }
    return pictures
  }
}
