internal import Core
internal import Foundation
internal import Glibc
internal import Processes

/// Ends this process when its supervisor has ended, since no other process would store or show its results, and with it
/// everything that its stages have started.
enum SupervisorWatch {
  /// Begins to watch, on a thread of its own.
  /// - Parameter descriptor: the reading end of a pipe whose writing end only the supervisor has.
  static func start(descriptor: Int32) {
    // A program that a stage has started and left stays below this process, also one that detaches itself.
    LeftPrograms.adopt()
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while SystemCall.retry({ read(descriptor, &byte, 1) }) > 0 {}
      LeftPrograms.killAllBelow()
      _exit(1)
    }
  }
}
