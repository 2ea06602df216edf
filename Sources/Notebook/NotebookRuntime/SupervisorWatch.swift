internal import Foundation
internal import Glibc

/// Ends this process when its supervisor is gone: nobody would store or show what it makes.
enum SupervisorWatch {
  /// Watches from a thread of its own.
  /// - Parameter descriptor: the reading end of a pipe whose writing end only the supervisor has.
  static func start(descriptor: Int32) {
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while true {
        let count = read(descriptor, &byte, 1)
        if count == 0 || (count < 0 && errno != EINTR) { _exit(1) }
      }
    }
  }
}
