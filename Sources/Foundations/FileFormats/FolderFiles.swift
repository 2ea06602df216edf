package import Core
internal import Glibc

/// A regular file in a folder.
package struct FolderFile: Sendable {
  /// Below the folder, with `/` between its parts.
  package let relativePath: String
  /// As the system takes it.
  package let path: String
  /// Whether it is a symbolic link to a file.
  package let isLink: Bool

  /// The last part of the path.
  package var name: String { String(relativePath.split(separator: "/").last ?? "") }

  /// The path below the folder without its ending.
  package var stem: String { relativePath.lastIndex(of: ".").map { String(relativePath[..<$0]) } ?? relativePath }
}

extension InputFolder {
  /// The files that count, sub-folders included, in the order of their paths' UTF-8 bytes. Hidden files are left out.
  /// - Throws: ``OperationError`` when the folder cannot be read or no file counts.
  package func files() throws -> [FolderFile] {
    var found: [FolderFile] = []
    var pending = [""]
    while let prefix = pending.popLast() {
      guard let directory = opendir(prefix.isEmpty ? path : path + "/" + prefix) else {
        throw OperationError(
          operation: "read the folder", subject: path + "/" + prefix, cause: String(cString: strerror(errno)))
      }
      defer { closedir(directory) }
      while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name.hasPrefix(".") { continue }
        let relative = prefix + name
        var status = stat()
        let isLink = Int32(entry.pointee.d_type) == Int32(DT_LNK)
        guard stat(path + "/" + relative, &status) == 0 else { continue }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: if !isLink { pending.append(relative + "/") }
        case S_IFREG:
          if suffixes.isEmpty || suffixes.contains(where: { name.hasSuffix($0) }) {
            found.append(FolderFile(relativePath: relative, path: path + "/" + relative, isLink: isLink))
          }
        default: break
        }
      }
    }
    guard !found.isEmpty else {
      let wanted = suffixes.isEmpty ? "files" : "files that end in \(suffixes.joined(separator: ", "))"
      throw OperationError(operation: "read the folder", subject: path, cause: "there are no \(wanted) in it")
    }
    return found.sorted { $0.relativePath.utf8.lexicographicallyPrecedes($1.relativePath.utf8) }
  }
}
