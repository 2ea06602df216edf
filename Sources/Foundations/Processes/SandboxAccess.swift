internal import CSandbox
internal import Foundation
internal import Glibc

/// Something that a watched program asked for and had not declared.
package struct SandboxAccess: Codable, Hashable, Sendable {
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

  package var kind: Kind
  /// The path, absolute; for the network the address and port.
  package var subject: String

  package init(kind: Kind, subject: String) {
    self.kind = kind
    self.subject = subject
  }
}

/// What the kernel told of a watched program, before it is judged.
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
  /// Absolute and normalized; an address for the network.
  var subject: String

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

  /// What is to be told of it; `nil` for what a program may do.
  func judged(by view: SandboxView) -> SandboxAccess? {
    switch kind {
    case .network: return SandboxAccess(kind: .network, subject: subject)
    case .read where view.isSystemData(subject) && Self.isFile(subject):
      return SandboxAccess(kind: SandboxView.isFont(subject) ? .font : .undeclared, subject: subject)
    default:
      guard !view.shows(subject) else { return nil }
      let exists = Self.exists(subject)
      // What is in the private folder and not on the machine is the program's own.
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
