internal import Foundation

/// A folder of this process, such as a stage gets from the engine.
struct Scratch {
  /// A folder that cannot be made, with the system's reason.
  struct Failure: Error, CustomStringConvertible {
    let path: String
    let cause: String
    var description: String { "cannot make a folder in \(path): \(cause)" }
  }

  let path: String

  /// - Parameter folder: is made when it is not there.
  init(in folder: String) throws {
    mkdir(folder, 0o755)
    var name = Array("\(folder)/scratch-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { throw Failure(path: folder, cause: String(cString: strerror(errno))) }
    path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// A new folder in this one.
  func folder(_ name: String) throws -> String {
    let folder = "\(path)/\(name)"
    guard mkdir(folder, 0o755) == 0 else { throw Failure(path: folder, cause: String(cString: strerror(errno))) }
    return folder
  }

  /// Removes the folder with everything in it.
  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
