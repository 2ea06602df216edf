internal import CSandbox
internal import Core
internal import Foundation
internal import Glibc
internal import Synchronization

/// Collects what a sandboxed program asks the kernel for, on a thread of its own.
package final class SandboxWatch: Sendable {
  /// The most events that a watch keeps: a program with more has more than enough findings.
  static let limit = 20_000

  /// The descriptor over which the program's launcher sends the watch; the child inherits it.
  package let childSocket: Int32
  private let socket: Int32
  /// The watched program's view of the machine.
  package let view: SandboxView
  private let events = Mutex<Set<SandboxEvent>>([])
  private let ended = DispatchSemaphore(value: 0)

  /// A watch that has not begun.
  /// - Throws: ``OperationError`` when the system has no socket left.
  package init(_ view: SandboxView) throws {
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw OperationError(operation: "watch", subject: "a program", cause: String(cString: strerror(errno)))
    }
    (socket, childSocket) = (ends[0], ends[1])
    self.view = view
  }

  deinit { close(socket) }

  /// Begins to watch; called after the program was started, which waits for this before its first step.
  package func begin() {
    close(childSocket)
    Thread.detachNewThread { [self] in
      defer { ended.signal() }
      let listener = csandbox_receive(socket)
      guard listener >= 0 else { return }
      defer { close(listener) }
      var event = csandbox_event()
      while true {
        let result = csandbox_next(listener, &event)
        if result == 0 { return }
        guard result == 1, let reported = SandboxEvent(event) else { continue }
        events.withLock { events in
          if events.count < Self.limit { events.insert(reported) }
        }
      }
    }
  }

  /// The folders that contain an absolute path, from the inside out.
  private static func folders(above path: String) -> [String] {
    guard path.hasPrefix("/") else { return [] }
    var folders: [String] = []
    var path = path
    while let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      path = String(path[..<slash])
      folders.append(path)
    }
    return folders
  }

  /// Waits until no watched process is left.
  /// - Parameter declared: absolute paths that the program had declared besides those of its view.
  /// - Returns: the accesses that were not declared, by kind and path.
  package func finish(declaring declared: [String] = []) -> [SandboxAccess] {
    ended.wait()
    let view = view.adding(readable: declared)
    let found = Set(events.withLock { $0 }.compactMap { $0.judged(by: view) })
    // Accesses to the folders on the way to a path add nothing to the access to that path.
    let ways = Set(
      found.flatMap { access in
        Self.folders(above: access.subject).map { SandboxAccess(kind: access.kind, subject: $0) }
      })
    return found.subtracting(ways).sorted { ($0.kind.rawValue, $0.subject) < ($1.kind.rawValue, $1.subject) }
  }
}
