package import ArtifactStore
package import Core
internal import Foundation
internal import Glibc

/// The content digests of input files and folders. The store remembers them while a file's size, times and inode stay
/// the same.
package struct InputDigests: StageInputs.FileDigests {
  let store: ArtifactStore
  /// The project's folder, from which relative paths count.
  let project: String

  /// The digests of inputs of a project.
  /// - Parameter project: the project's folder, absolute.
  package init(store: ArtifactStore, project: String) {
    self.store = store
    self.project = project
  }

  /// The SHA-256 of a file's bytes.
  /// - Throws: ``OperationError`` when the path is not a regular file that can be read.
  package func digest(of file: InputFile) throws -> Digest {
    let path = absolute(file.path)
    try Self.check(path, as: file.path)
    do {
      return try store.digest(ofFile: path).digest
    } catch {
      throw Self.failure(file.path, "\(error)")
    }
  }

  private static func check(_ path: String, as name: String) throws {
    let status = try status(path, as: name)
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw Self.failure(name, "it is a folder; use InputFolder for one")
    case S_IFIFO:
      throw Self.failure(name, "it is a pipe, whose content cannot be hashed twice; save it to a file")
    default: throw Self.failure(name, "it is not a regular file")
    }
  }

  /// The number of files that are looked up together: few enough that the run after an interrupted one has most hashes
  /// already.
  private static let batch = 1_000

  /// The digest of the relative paths and contents of the files in a folder that count.
  /// - Throws: ``OperationError`` when the path is not a folder, holds no file that counts, or a file in it cannot be
  ///   read.
  package func digest(of folder: InputFolder) throws -> Digest {
    let path = absolute(folder.path)
    let status = try Self.status(path, as: folder.path)
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw Self.failure(folder.path, "it is not a folder; use InputFile for a file")
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
        throw Self.failure(folder.path, "\(error)")
      }
    }

    guard !members.isEmpty else {
      let wanted =
        folder.suffixes.isEmpty ? "no files" : "no files that end in \(folder.suffixes.joined(separator: ", "))"
      throw Self.failure(folder.path, "there are \(wanted) in it")
    }
    return CanonicalValue.list(members).digest
  }

  private static func failure(_ path: String, _ cause: String) -> OperationError {
    OperationError(operation: "read the input", subject: path, cause: cause)
  }

  private func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : project + "/" + path }

  private static func status(_ path: String, as name: String) throws -> stat {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let code = errno
      var link = stat()
      if code == ENOENT, lstat(path, &link) == 0 {
        throw Self.failure(name, "it is a link to something that does not exist")
      }
      throw Self.failure(name, code == ENOENT ? "there is no such file" : String(cString: strerror(code)))
    }
    return status
  }

  /// The relative paths of the files that count, in the order of their UTF-8 bytes. Links to folders are not followed.
  private static func files(in path: String, as folder: InputFolder) throws -> [String] {
    var found: [String] = []
    var pending = [""]
    while let prefix = pending.popLast() {
      guard let directory = opendir(path + "/" + prefix) else {
        throw Self.failure(folder.path, "\(prefix): \(String(cString: strerror(errno)))")
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
        } else if folder.counts(name) {
          found.append(relative)
        }
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
