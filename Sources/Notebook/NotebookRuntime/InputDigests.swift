package import ArtifactStore
package import Core
internal import Foundation
internal import Glibc

/// The content digests of input files and folders, remembered while size, times and inode stay as they were.
package struct InputDigests: StageInputs.FileDigests {
  let store: ArtifactStore
  /// Relative paths count from here.
  let project: String

  /// - Parameter project: the project's folder, absolute.
  package init(store: ArtifactStore, project: String) {
    self.store = store
    self.project = project
  }

  /// - Throws: ``InputError`` when the path is not a regular file that can be read.
  package func digest(of file: InputFile) throws -> Digest {
    let path = absolute(file.path)
    try Self.check(path, as: file.path)
    do {
      return try store.digest(ofFile: path).digest
    } catch {
      throw InputError(path: file.path, reason: "\(error)")
    }
  }

  private static func check(_ path: String, as name: String) throws {
    let status = try status(path, as: name)
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw InputError(path: name, reason: "it is a folder; use InputFolder for one")
    case S_IFIFO:
      throw InputError(path: name, reason: "it is a pipe, whose content cannot be hashed twice; save it to a file")
    default: throw InputError(path: name, reason: "it is not a regular file")
    }
  }

  /// How many files are looked up at a time: few enough that an interrupted first run has most of its hashes when it comes again.
  private static let batch = 1_000

  /// - Throws: ``InputError`` when the path is not a folder, or a file in it cannot be read.
  package func digest(of folder: InputFolder) throws -> Digest {
    let path = absolute(folder.path)
    let status = try Self.status(path, as: folder.path)
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw InputError(path: folder.path, reason: "it is not a folder; use InputFile for a file")
    }
    var members: [CanonicalValue] = []
    var names = try Self.files(in: path, as: folder)[...]
    while !names.isEmpty {
      let part = names.prefix(Self.batch)
      names = names.dropFirst(part.count)
      let paths = part.map { path + "/" + $0 }
      for path in paths { try Self.check(path, as: path) }
      do {
        for (name, file) in zip(part, try store.digests(ofFiles: paths)) {
          members.append(.list([.text(name), .digest(file.digest)]))
        }
      } catch {
        throw InputError(path: folder.path, reason: "\(error)")
      }
    }
    guard !members.isEmpty else {
      let wanted =
        folder.suffixes.isEmpty ? "no files" : "no files that end in \(folder.suffixes.joined(separator: ", "))"
      throw InputError(path: folder.path, reason: "there are \(wanted) in it")
    }
    return CanonicalValue.list(members).digest
  }

  private func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : project + "/" + path }

  private static func status(_ path: String, as name: String) throws -> stat {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let code = errno
      var link = stat()
      if code == ENOENT, lstat(path, &link) == 0 {
        throw InputError(path: name, reason: "it is a link to something that does not exist")
      }
      throw InputError(path: name, reason: code == ENOENT ? "there is no such file" : String(cString: strerror(code)))
    }
    return status
  }

  /// Relative paths of the files that count, in the order of their UTF-8 bytes. Links to folders are not followed.
  private static func files(in path: String, as folder: InputFolder) throws -> [String] {
    var found: [String] = []
    var pending = [""]
    while let prefix = pending.popLast() {
      guard let directory = opendir(path + "/" + prefix) else {
        throw InputError(path: folder.path, reason: "\(prefix): \(String(cString: strerror(errno)))")
      }
      defer { closedir(directory) }
      while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard !name.hasPrefix(".") else { continue }
        let relative = prefix + name
        if Int32(entry.pointee.d_type) == Int32(DT_DIR) {
          pending.append(relative + "/")
        } else if folder.suffixes.isEmpty || folder.suffixes.contains(where: { name.hasSuffix($0) }) {
          found.append(relative)
        }
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

/// An input that cannot be hashed.
struct InputError: Error, CustomStringConvertible {
  let path: String
  let reason: String
  var description: String { "cannot read the input \(path): \(reason)" }
}
