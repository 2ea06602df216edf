internal import Glibc
internal import Synchronization

/// The stack size and the mask of new files that a notebook's program starts with: a recursion that ends in one shell
/// ends in another, and the files that a stage makes have the same modes.
enum FixedLimits {
  /// The size of a thread's stack, in bytes; less where the system allows less. Source: the default of Linux,
  /// `_STK_LIM` of include/uapi/linux/resource.h.
  static let stackBytes: rlim_t = 8 << 20
  /// The permissions that a new file does not get: only its owner can write to it.
  static let mask: mode_t = 0o022

  /// One start at a time, so that each finds and restores this process's own limits.
  private static let turn = Mutex(())

  /// Starts a program, which takes its limits from this process: for that moment this process has them too.
  static func starting(_ start: () -> Int32) -> Int32 {
    turn.withLock { _ in
      let resource = __rlimit_resource_t(RLIMIT_STACK.rawValue)
      var own = rlimit()
      guard getrlimit(resource, &own) == 0 else { return start() }
      var fixed = own
      fixed.rlim_cur = min(stackBytes, own.rlim_max)
      setrlimit(resource, &fixed)
      let ownMask = umask(mask)
      defer {
        umask(ownMask)
        setrlimit(resource, &own)
      }
      return start()
    }
  }

  /// Lets a program start with signals that end it, though this process ignores or blocks them, as after `nohup`.
  static func setSignals(of attributes: inout posix_spawnattr_t) {
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
  }
}
