internal import Core
internal import Foundation
internal import Notebook

/// The picture files that a notebook's prose shows: the report carries them in itself.
enum ProsePictures {
  /// The largest file that is taken in, in bytes.
  static let limit = 8 << 20

  private static let types = ["png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"]

  /// Pictures by the path that the prose names them with. Only raster files inside the project's folder count.
  static func load(_ document: NotebookDocument, notebook: String, project: Project) -> [String: Picture] {
    let folder = URL(fileURLWithPath: notebook).deletingLastPathComponent()
    var pictures: [String: Picture] = [:]
    for match in document.body.matches(of: #/!\[(?<caption>[^\]]*)\]\((?<path>[^)\s]+)[^)]*\)/#) {
      let path = String(match.path)
      guard let decoded = path.removingPercentEncoding, let url = URL(string: decoded, relativeTo: folder),
        url.isFileURL,
        let type = types[url.pathExtension.lowercased()]
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
