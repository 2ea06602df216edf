internal import ArtifactStore
internal import Core
internal import Foundation
internal import NotebookRuntime
internal import Processes

/// Decides which versions of remotes a run comes after, when versions here and there have gone different ways.
///
/// A run follows a remote's version when its notebook has what changed there. That is known in two ways. The project's
/// git history has the commit of that version's lock: the two notebooks were merged. Or the run has the remote's
/// changes: each stage that changed only there has the key that it has there, or a key that neither side had, since it
/// depends on a change of both. A run that has nothing of the other side follows nothing, however new it is.
struct FollowedVersions {
  /// The project, whose git history is asked.
  let project: Project
  /// The project's store.
  let store: ArtifactStore
  /// The name of the run's results.
  let name: String

  /// The remotes' versions of the notebook that went another way.
  struct Decision {
    /// Those that the run comes after.
    var followed: [Divergence] = []
    /// The others, each with an output that is not in the run as it is there.
    var open: [(divergence: Divergence, missing: String)] = []
  }

  /// Decides about all versions of remotes that went another way.
  /// - Parameter lock: the lock of the run.
  func decide(for lock: LockFile) throws -> Decision {
    var decision = Decision()
    for divergence in try store.divergences(of: name) {
      do {
        if try !isInHistory(divergence), let missing = try missing(divergence, in: lock) {
          decision.open.append((divergence, missing))
        } else {
          decision.followed.append(divergence)
        }
      } catch {
        // A version that cannot be read, such as of a newer Colophon, keeps no run from its end.
        decision.open.append((divergence, "\(error)"))
      }
    }
    return decision
  }

  /// True when the project's git history, or the branch that is just being merged into it, has the version's lock.
  private func isInHistory(_ divergence: Divergence) throws -> Bool {
    guard let lock = try store.lockObject(of: divergence.theirs) else { return false }
    return ["HEAD", "MERGE_HEAD"].contains { revision in
      // All of the history: what was merged and then settled as on the other side counts, too.
      let found = try? ToolRun(
        detached: "git",
        [
          "-C", project.root, "log", "--max-count=1", "--format=%H", "--full-history", "--find-object=\(lock)",
          revision, "--", project.lock(named: name),
        ])
      return found.map { $0.succeeded && !$0.text.isEmpty } ?? false
    }
  }

  /// The first output of the remote's version that changed there and is not in the run; `nil` when all are, and the run
  /// has at least one from there, or the remote has none that is not here.
  private func missing(_ divergence: Divergence, in lock: LockFile) throws -> String? {
    let run = Self.keys(lock)
    let ours = try keys(divergence.ours)
    let theirs = try keys(divergence.theirs)
    let before = try divergence.common.map(keys) ?? [:]

    // A stage that both changed in the same way is not a difference.
    let changed = Set(theirs.keys).union(before.keys).filter { theirs[$0] != before[$0] && theirs[$0] != ours[$0] }
      .sorted()
    guard let first = changed.first else { return nil }
    for name in changed where run[name] != theirs[name] && (run[name] == ours[name] || run[name] == before[name]) {
      return name
    }
    return changed.contains { run[$0] == theirs[$0] } ? nil : first
  }

  private func keys(_ version: ObjectID) throws -> [String: Digest] {
    let bytes = try store.lock(at: "\(version)")
    return Self.keys(try LockFile(data: Data(bytes), name: "lock.json of \(version)"))
  }

  private static func keys(_ lock: LockFile) -> [String: Digest] {
    Dictionary(lock.stages.map { ($0.artifact, $0.key) }) { first, _ in first }
  }
}

extension FollowedVersions.Decision {
  /// The lines that a run prints about the decision.
  func notes(of name: String) -> [String] {
    followed.map { "\(name) comes after \($0.remote)'s version \($0.theirs.short) now, too: `colophon push` sends it" }
      + open.map { divergence, missing in
        """
        \(name) has gone another way than \(divergence.remote)'s version \(divergence.theirs.short), and this run has \
        not what changed there (\(missing)): merge the notebooks and run again, or choose with `colophon resolve \
        \(name) \(divergence.remote)` and --ours, --theirs or --both NAME
        """
      }
  }
}

extension ObjectID {
  /// The first ten digits, as `colophon log` prints them.
  fileprivate var short: Substring { hexadecimal.prefix(10) }
}
