internal import CSandbox
internal import Core
internal import Foundation
internal import Glibc
internal import Synchronization

/// Watches what a program in a sandbox asks the kernel for, on a thread of its own.
package final class SandboxWatch: Sendable {
  /// What one watch keeps at the most: a program that asks for more has more than enough findings.
  static let limit = 20_000

  /// The descriptor that the program's launcher sends the watch over; the child inherits it.
  package let childSocket: Int32
  private let socket: Int32
  /// What the watched program sees.
  package let view: SandboxView
  private let events = Mutex<Set<SandboxEvent>>([])
  private let ended = DispatchSemaphore(value: 0)

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

  /// Begins to watch; called when the program has been started. It waits for the watch with its first step.
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
        guard result == 1, let told = SandboxEvent(event) else { continue }
        events.withLock { events in
          if events.count < Self.limit { events.insert(told) }
        }
      }
    }
  }

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

  /// Waits until nobody is left to be watched.
  /// - Parameter declared: what the program had declared beside what its view names; absolute.
  /// - Returns: what was asked for and not declared, in the order of kinds and paths.
  package func finish(declaring declared: [String] = []) -> [SandboxAccess] {
    ended.wait()
    let view = view.adding(readable: declared)
    let found = Set(events.withLock { $0 }.compactMap { $0.judged(by: view) })
    // Looks at the folders on the way to something say nothing more.
    let ways = Set(
      found.flatMap { access in
        Self.folders(above: access.subject).map { SandboxAccess(kind: access.kind, subject: $0) }
      })
    return found.subtracting(ways).sorted { ($0.kind.rawValue, $0.subject) < ($1.kind.rawValue, $1.subject) }
  }
}
