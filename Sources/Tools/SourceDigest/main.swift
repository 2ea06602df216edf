import Foundation

/// `source-digest OUTPUT [NAME FILE]…`: writes a Swift file with the digest of the sources under the names given,
/// without comments and white space. A name is `Module/File`; the file's own folder does not count.
///
/// Runs `sha256sum`, which every Debian has, and Foundation's `Process`, so that the build tool depends on no package
/// and on no module of ours.
let arguments = CommandLine.arguments
guard arguments.count >= 2, arguments.count.isMultiple(of: 2) else {
  FileHandle.standardError.write(Data("usage: source-digest OUTPUT [NAME FILE]…\n".utf8))
  exit(64)
}
do {
  var text: [UInt8] = []
  for index in stride(from: 2, to: arguments.count, by: 2) {
    let (name, path) = (arguments[index], arguments[index + 1])
    let code = SourceText.normalized(
      Array(try Data(contentsOf: URL(fileURLWithPath: path))), isSwift: path.hasSuffix(".swift"))
    // The length keeps a source apart from the next one.
    text += Array("\(name) \(code.count)\n".utf8) + code
  }

  let input = FileManager.default.temporaryDirectory.appending(path: "source-digest-\(UUID().uuidString)")
  try Data(text).write(to: input)
  defer { try? FileManager.default.removeItem(at: input) }

  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["sha256sum", input.path]
  let pipe = Pipe()
  process.standardOutput = pipe
  try process.run()
  let printed = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  let digest = printed.prefix { $0.isHexDigit }
  guard process.terminationStatus == 0, digest.count == 64 else {
    FileHandle.standardError.write(Data("source-digest: sha256sum failed: \(printed)\n".utf8))
    exit(1)
  }

  let generated = """
    /// Generated at build time.
    package enum ModuleSources {
      /// SHA-256 of this module's sources and of those it depends on, comments and white space left out.
      package static let digest = "\(digest)"
    }

    """
  try Data(generated.utf8).write(to: URL(fileURLWithPath: arguments[1]))
} catch {
  FileHandle.standardError.write(Data("source-digest: \(error)\n".utf8))
  exit(1)
}
