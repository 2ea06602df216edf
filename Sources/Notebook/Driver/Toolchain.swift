internal import Core
internal import Foundation
internal import Glibc

/// The Swift compiler, and Colophon's own library that notebooks are compiled against.
package struct Toolchain: Sendable {
  /// `swiftc`, absolute.
  package let compiler: String
  /// The folder with `libColophon.so` and the folder `Modules`.
  package let library: String

  /// Looks for `swiftc` on the `PATH` and for the library next to the running program.
  /// - Throws: ``OperationError`` with what to do when one is missing.
  package init() throws {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let folders = path.split(separator: ":").map(String.init)
    guard let folder = folders.first(where: { access($0 + "/swiftc", X_OK) == 0 }) else {
      throw OperationError(
        operation: "compile notebooks", subject: "swiftc", reason: "it is not on the PATH",
        advice: "install Swift 6.2 or newer and add it to the PATH")
    }
    compiler = folder + "/swiftc"
    library = try Self.ownFolder()
    guard access(library + "/libColophon.so", R_OK) == 0 else {
      throw OperationError(
        operation: "compile notebooks", subject: "libColophon.so", reason: "it is not in \(library)",
        advice: "build the project with `swift build -c release`")
    }
  }

  /// The module maps of the C modules that Colophon's Swift modules import, absolute.
  package var moduleMaps: [String] {
    let files = FileManager.default
    var maps = ((try? files.contentsOfDirectory(atPath: library)) ?? []).filter { $0.hasSuffix(".build") }
      .map { library + "/\($0)/module.modulemap" }
    var build = URL(fileURLWithPath: library).resolvingSymlinksInPath()
    while build.path != "/", !files.fileExists(atPath: build.appending(path: "checkouts").path) {
      build.deleteLastPathComponent()
    }
    maps.append(build.appending(path: "checkouts/GRDB.swift/Sources/GRDBSQLite/module.modulemap").path)
    let sources = build.deletingLastPathComponent().appending(path: "Sources/Native").path
    maps += ((try? files.contentsOfDirectory(atPath: sources)) ?? []).map { sources + "/\($0)/module.modulemap" }
    return maps.filter { files.fileExists(atPath: $0) }.sorted()
  }

  /// The folders that a compiled notebook loads its libraries from, absolute: Colophon's, Swift's, and that of the
  /// libtorch that the environment names.
  package var runtimeFolders: [String] {
    let swift = installationFolders.map { $0 + "/lib/swift/linux" }
    let torch = ProcessInfo.processInfo.environment["LIBTORCH"].map { [$0 + "/lib"] } ?? []
    return Array(Set([library] + swift + torch)).sorted()
  }

  /// The folders where Swift's runtime looks for its helpers when a program starts, absolute.
  package var installationFolders: [String] {
    let real = URL(fileURLWithPath: compiler).resolvingSymlinksInPath()
    return [URL(fileURLWithPath: compiler), real].map {
      $0.deletingLastPathComponent().deletingLastPathComponent().path
    }
  }

  /// A text that changes with everything that a compiled notebook depends on besides its own code: the compiler, the
  /// library and this command, each by size and time of change.
  package var identity: String {
    [compiler, library + "/libColophon.so", library + "/colophon"].map(Self.stamp).joined(separator: " ")
  }

  private static func stamp(_ path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return path }
    return "\(path) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
  }

  private static func ownFolder() throws -> String {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { bytes in
      bytes.bindMemory(to: CChar.self).baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? -1
    }
    guard count > 0 else {
      throw OperationError(
        operation: "find the running program's own folder", subject: "/proc/self/exe", cause: "the link cannot be read")
    }
    return URL(fileURLWithPath: String(decoding: buffer[..<count], as: UTF8.self)).deletingLastPathComponent().path
  }
}
