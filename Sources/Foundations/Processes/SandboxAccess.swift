internal import CSandbox
internal import Foundation
internal import Glibc

/// A file or address that a watched program asked for without declaring it.
package struct SandboxAccess: Codable, Hashable, Sendable {
  /// The kinds of accesses, in the order in which they are reported.
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// It asked for a file or folder that exists on this machine and was not declared: its result may depend on it.
    case undeclared
    /// It asked for a file that does not exist: its result may depend on that.
    case absent
    /// It read a font of the system that it did not declare: text may be drawn otherwise on another machine.
    case font
    /// It tried to reach a network.
    case network
  }

  /// The kind of access.
  package var kind: Kind
  /// The absolute path; for the network the address and port.
  package var subject: String

  /// An access of a kind to a path or an address.
  package init(kind: Kind, subject: String) {
    self.kind = kind
    self.subject = subject
  }
}

/// One access that the kernel reported, before it is judged.
struct SandboxEvent: Hashable {
  enum Kind: Int32 {
    case read = 1
    case write
    case look
    case execute
    case localSocket
    case network
  }

  var kind: Kind
  /// The path, absolute and normalized; for the network the address.
  var subject: String

  /// - Returns: `nil` for a kind that is not known.
  init?(_ event: borrowing csandbox_event) {
    guard let kind = Kind(rawValue: event.kind) else { return nil }
    self.kind = kind
    let path = withUnsafeBytes(of: event.path) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    guard kind != .network else {
      subject = path
      return
    }
    let folder = withUnsafeBytes(of: event.folder) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    subject = SandboxView.normalized(path.hasPrefix("/") ? path : folder + "/" + path)
  }

  /// The access to report; `nil` for one that the program may make.
  func judged(by view: SandboxView) -> SandboxAccess? {
    switch kind {
    case .network: return SandboxAccess(kind: .network, subject: subject)
    case .read where view.isSystemData(subject) && Self.isFile(subject):
      return SandboxAccess(kind: SandboxView.isFont(subject) ? .font : .undeclared, subject: subject)
    default:
      guard !view.shows(subject) else { return nil }
      let exists = Self.exists(subject)
      // A path in the private folder that the machine does not have is the program's own file.
      if view.isPrivate(subject), !exists { return nil }
      return SandboxAccess(kind: exists ? .undeclared : .absent, subject: subject)
    }
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  private static func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}
