/// Paths of pictures as tables write them.
enum FolderPath {
  /// The path without its ending.
  static func stem(_ path: String) -> String {
    guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return path }
    return String(path[..<dot])
  }
}
