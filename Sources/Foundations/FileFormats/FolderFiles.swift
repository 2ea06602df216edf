public import Core
internal import Glibc

/// A regular file in a folder.
package struct FolderFile: Sendable {
  /// The path inside the folder, with `/` between its parts.
  package let relativePath: String
  /// The path with the folder before it.
  package let path: String
  /// True for a symbolic link to a file.
  package let isLink: Bool

  /// The last part of the path.
  package var name: String { String(relativePath.split(separator: "/").last ?? "") }

  /// The path inside the folder without its ending.
  package var stem: String {
    // Not a dot of a folder's name.
    let start = relativePath.utf8.lastIndex(of: UInt8(ascii: "/")) ?? relativePath.startIndex
    let dot = relativePath.utf8[start...].lastIndex(of: UInt8(ascii: "."))
    return dot.map { String(relativePath[..<$0]) } ?? relativePath
  }
}

extension InputFolder {
  /// The paths of the folder's files, those in sub-folders included, in the order of their UTF-8 bytes: a file system
  /// lists them in an order of its own, which differs from machine to machine.
  ///
  /// Hidden files, links to folders, and files with another ending than the folder's suffixes are left out.
  /// - Throws: ``OperationError`` when the folder cannot be read or there are no such files.
  public func paths() throws -> [String] { try files().map(\.path) }

  /// The files with one of the folder's suffixes, those in sub-folders included, in the order of their paths' UTF-8
  /// bytes. Hidden files and folders, and links to folders, are left out.
  /// - Throws: ``OperationError`` when the folder cannot be read or there are no such files.
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

        // A link counts as the file it leads to; one that leads nowhere is ignored.
        let relative = prefix + name
        var status = stat()
        let isLink = Int32(entry.pointee.d_type) == Int32(DT_LNK)
        guard stat(path + "/" + relative, &status) == 0 else { continue }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: if !isLink { pending.append(relative + "/") }
        case S_IFREG:
          if counts(name) {
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
