internal import Foundation
internal import Glibc

/// The part of the machine that a sandboxed program sees: the system's own files and what is named here.
package struct SandboxView: Sendable {
  /// Files and folders that are shown read-only under their own paths, absolute. One that does not exist is left out.
  package var readable: [String]
  /// Folders that the program may write to, absolute.
  package var writable: [String]
  /// The program's working folder, absolute; made empty when nothing of it is shown.
  package var folder: String
  /// Folders in which the language's own runtime looks for its parts at every start: neither shown nor reported.
  package var quiet: [String]

  /// A view of these files and folders. All paths are absolute and in any order.
  /// - Parameters:
  ///   - readable: files and folders that are shown read-only.
  ///   - writable: folders that the program may write to.
  ///   - folder: the working folder.
  ///   - quiet: folders in which accesses are not reported.
  package init(readable: [String], writable: [String], folder: String, quiet: [String] = []) {
    self.quiet = quiet.map(Self.normalized) + ["/etc/ld.so.preload"]
    self.readable = readable.map(Self.normalized)
    self.writable = writable.map(Self.normalized)
    self.folder = Self.normalized(folder)
  }

  /// The same with more that may be read.
  func adding(readable more: [String]) -> SandboxView {
    var view = self
    view.readable += more.map(Self.normalized)
    return view
  }

  /// The parts of the system that every program sees: libraries and programs, and their configuration. Not `/home`,
  /// `/root`, `/var`, `/srv`, nor the rest of `/etc`.
  static let system = [
    "/usr", "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/fonts",
    "/etc/localtime", "/etc/os-release", "/etc/ImageMagick-6", "/var/cache/fontconfig", "/sys/devices/system",
  ]

  /// Folders that are links into `/usr` on a machine with one tree of programs; on another they are shown unchanged.
  static let merged = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]

  /// Folders inside `/usr/share` and similar ones that libraries read by themselves: no data of an experiment.
  static let runtime = [
    "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/bin", "/usr/sbin", "/usr/local/lib", "/usr/local/bin",
    "/usr/share/locale", "/usr/share/zoneinfo", "/usr/share/fontconfig", "/usr/share/mime", "/usr/share/icu",
    "/usr/share/terminfo", "/usr/share/xml/fontconfig", "/usr/share/glib-2.0", "/usr/share/gettext", "/usr/share/color",
    "/usr/share/X11/locale", "/usr/share/libthai", "/usr/share/poppler", "/usr/share/ca-certificates",
  ]

  /// True when the program may know of this path: it is shown, made by itself, or a folder on the way to something
  /// shown.
  /// - Parameter path: absolute and normalized.
  func shows(_ path: String) -> Bool {
    let own = ["/proc", "/dev", "/sys", "/newroot", "/oldroot"]
    let roots = own + Self.system + Self.merged + readable + writable + quiet
    return roots.contains { Self.isEqualOrBelow(path, $0) || Self.isEqualOrBelow($0, path) }
      || Self.isEqualOrBelow(folder, path) || path == "/tmp"
  }

  /// True for a path in the program's own `/tmp`, where it may do as it likes.
  func isPrivate(_ path: String) -> Bool { Self.isEqualOrBelow(path, "/tmp") && !Self.isEqualOrBelow(path, folder) }

  /// True for one of the system's fonts, or their register: libraries that draw text choose among them by themselves.
  static func isFont(_ path: String) -> Bool {
    ["/usr/share/fonts", "/usr/local/share/fonts", "/var/cache/fontconfig"].contains { isEqualOrBelow(path, $0) }
  }

  /// True for one of the system's data files, which an experiment has to declare like any other: shown, since libraries
  /// may need it, but reported.
  func isSystemData(_ path: String) -> Bool {
    ["/usr/share", "/usr/local/share", "/usr/src", "/usr/games", "/usr/include"].contains {
      Self.isEqualOrBelow(path, $0)
    }
      && !Self.runtime.contains { Self.isEqualOrBelow(path, $0) }
      && !(readable + writable).contains { Self.isEqualOrBelow(path, $0) }
  }

  /// True for the path `root` and every path inside it; both are normalized.
  static func isEqualOrBelow(_ path: String, _ root: String) -> Bool {
    guard path.utf8.starts(with: root.utf8) else { return false }
    return path.utf8.count == root.utf8.count || root == "/"
      || path.utf8.dropFirst(root.utf8.count).first == UInt8(ascii: "/")
  }

  /// An absolute path without `.`, `..`, repeated and trailing slashes; links are not followed.
  static func normalized(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
