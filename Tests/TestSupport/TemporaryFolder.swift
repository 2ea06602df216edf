public import Foundation

/// The folder that holds everything that this test process writes; it is removed when the process exits.
///
/// Tests that keep a folder in a class remove it earlier, in `deinit`. This is the net below all others: a test that
/// throws, or a value without `deinit`, leaves nothing behind either.
public let temporaryRoot: URL = {
  let root = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    .appending(path: "colophon-tests-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString)")
  do {
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  } catch {
    fatalError("cannot make a folder for tests (\(root.path)): \(error)")
  }
  atexit { try? FileManager.default.removeItem(at: temporaryRoot) }
  return root
}()

/// A path in the ``temporaryRoot`` that no other test has.
/// - Parameter name: the beginning of its last component, for people who look into the folder.
public func temporaryPath(_ name: String = "test") -> String {
  temporaryRoot.appending(path: "\(name)-\(UUID().uuidString)").path
}

/// A new, empty folder in the ``temporaryRoot``.
/// - Throws: Foundation's error if the folder cannot be made.
public func temporaryFolder(_ name: String = "test") throws -> String {
  let path = temporaryPath(name)
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  return path
}
