package import Core

/// Something that the artifact store could not do: the operation, its subject, and the cause with what to do about it.
package struct StoreError: Error, Sendable, CustomStringConvertible {
  /// The reason for a failure.
  package enum Cause: Sendable, Hashable {
    /// No space is left on the disk, or a quota is reached.
    case diskFull
    /// The file system is mounted read-only.
    case readOnly
    /// This user may not.
    case permissionDenied
    /// The repository is not a store, or one of a format that this version does not know.
    case foreignFormat(found: String)
    /// Stored bytes are missing or not what was stored. The stage that made them has to run again, which repairs the
    /// store.
    case damaged(object: ObjectID?, digest: Digest?, reason: String)
    /// Bytes that were to be stored do not hash to the digest that was declared for them.
    case changedWhileStored(declared: Digest, found: Digest)
    /// A name that cannot be in a version's tree.
    case invalidName(reason: String)
    /// No such revision, artifact, or object.
    case notFound
    /// Another process changed the same reference again and again.
    case conflict
    /// The operating system's error number.
    case system(code: Int32, reason: String)
    /// libgit2's error code and message.
    case git(code: Int32, reason: String)
    /// The index is damaged; it is made again from the repository.
    case damagedIndex(reason: String)
    /// SQLite's message, or that of an encoder.
    case index(reason: String)
  }

  /// The operation, as in “cannot …”: `write a pack`.
  package let operation: String
  /// The operation's subject: a path, a digest, a name.
  package let subject: String
  /// The reason for the failure, over which callers switch.
  package let cause: Cause

  /// An error whose description is `cannot OPERATION SUBJECT: CAUSE`.
  package init(operation: String, subject: String, cause: Cause) {
    self.operation = operation
    self.subject = subject
    self.cause = cause
  }

  /// True when running the stage again can repair it.
  package var isDamage: Bool {
    if case .damaged = cause { true } else { false }
  }

  /// True when the index has to be made again from the repository.
  var isIndexDamage: Bool {
    if case .damagedIndex = cause { true } else { false }
  }

  package var description: String { "cannot \(operation) \(subject): \(explanation)" }

  private var explanation: String {
    switch cause {
    case .diskFull: "no space is left on the disk; free some and run again: what is finished is kept"
    case .readOnly: "the file system is read-only; remount it or move the project"
    case .permissionDenied: "permission denied; check the owner and the mode of the folder"
    case .foreignFormat(let found):
      "it is \(found), which this version cannot use; update Colophon or choose another folder"
    case .damaged(let object, let digest, let reason):
      "the stored bytes are damaged (\(reason)"
        + (digest.map { ", content \($0.short)" } ?? "") + (object.map { ", object \($0)" } ?? "")
        + "); run the stage that made them again"
    case .changedWhileStored(let declared, let found):
      """
      its bytes hash to \(found.short), but \(declared.short) was declared; \
      no process may write to an output after it is returned
      """
    case .invalidName(let reason): "\(reason); choose another name"
    case .notFound: "nothing of that name exists; check the name"
    case .conflict: "another process keeps changing it; try again"
    case .system(let code, let reason): "\(reason) (error \(code))"
    case .git(let code, let reason): "\(reason) (libgit2 error \(code))"
    case .damagedIndex(let reason):
      "the index is damaged (\(reason)); delete it, and it is made again from the repository"
    case .index(let reason): reason
    }
  }
}
