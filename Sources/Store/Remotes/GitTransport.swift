internal import Attestation
internal import Core
internal import Foundation
internal import Processes

/// The `git` command on a repository, with the transports, credentials and configuration that the user knows.
struct GitTransport {
  /// The repository's folder.
  let repository: String

  /// The outcome for one reference of a push.
  struct Pushed {
    /// The reference's full name at the remote.
    var reference: String
    var isRejected: Bool
    /// The outcome in git's words.
    var summary: String

    /// True when the history was cut here, and the remote does not take such without being asked.
    var isShortened: Bool { isRejected && summary.contains("shallow update not allowed") }

    /// True when another process held the reference's lock just then.
    var isLocked: Bool {
      isRejected && ["failed to update ref", "cannot lock ref", "failed to lock"].contains(where: summary.contains)
    }
  }

  func run(_ arguments: [String]) throws -> ToolRun { try ToolRun("git", ["--git-dir", repository] + arguments) }

  /// A value of the configuration for the repository, from any of git's files; `nil` when it is not set.
  func value(_ name: String) throws -> String? {
    let found = try run(["config", "--get", name])
    return found.succeeded && !found.text.isEmpty ? found.text : nil
  }

  func set(_ name: String, _ value: String) throws {
    let done = try run(["config", "--local", name, value])
    guard done.succeeded else { throw failure("configure", repository, run: done) }
  }

  /// The names of the remote's references, each with the object that it names.
  func references(of remote: Remote, for operation: String) throws -> [String: String] {
    let listed = try run(["ls-remote", "--quiet", "--", remote.name])
    guard listed.succeeded else { throw failure(operation, "\(remote.name) (\(remote.url))", run: listed) }
    var references: [String: String] = [:]
    for line in listed.text.split(separator: "\n") {
      let words = line.split(separator: "\t").map(String.init)
      if words.count == 2 { references[words[1]] = words[0] }
    }
    return references
  }

  /// Fetches references under other names; nothing else changes.
  /// - Parameters:
  ///   - map: the remote's names and those here.
  ///   - remote: the remote.
  ///   - operation: the operation of errors.
  func fetch(_ map: [(from: String, to: String)], from remote: Remote, for operation: String) throws {
    guard !map.isEmpty else { return }
    // Always packs: the store writes no loose objects. A remote that was collected has a shorter history, without whose
    // end its branches would silently not be fetched.
    let fetched = try run(
      [
        "-c", "fetch.unpackLimit=1", "-c", "transfer.unpackLimit=1", "fetch", "--quiet", "--no-tags",
        "--no-write-fetch-head", "--update-shallow",
        "--no-auto-maintenance", "--no-recurse-submodules", "--refmap=", "--", remote.name,
      ] + map.map { "+\($0.from):\($0.to)" })
    guard fetched.succeeded else { throw failure(operation, "\(remote.name) (\(remote.url))", run: fetched) }
  }

  /// Sends references; none is forced.
  /// - Parameters:
  ///   - map: the names here and those at the remote.
  ///   - remote: the remote.
  ///   - isShortened: true to ask the remote to take branches whose history was cut here. Not every server can be
  ///     asked.
  /// - Throws: ``OperationError`` when the remote was not reached or took nothing; a rejected reference is no error.
  func push(
    _ map: [(from: String, to: String)], to remote: Remote, isShortened: Bool = false
  ) throws -> [Pushed] {
    guard !map.isEmpty else { return [] }
    let asking = isShortened ? ["--receive-pack=git -c receive.shallowUpdate=true receive-pack"] : []
    // Whole objects: chunks have no differences worth looking for, and one that is evicted must not be another's base.
    let done = try run(
      ["-c", "pack.window=0", "push", "--porcelain", "--no-verify"] + asking + ["--", remote.name]
        + map.map { "\($0.from):\($0.to)" })
    let results = done.text.split(separator: "\n").compactMap { line -> Pushed? in
      let words = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard words.count == 3, let colon = words[1].lastIndex(of: ":") else { return nil }
      return Pushed(
        reference: String(words[1][words[1].index(after: colon)...]), isRejected: words[0] == "!", summary: words[2])
    }
    guard done.succeeded || !results.isEmpty else {
      throw failure("push to", "\(remote.name) (\(remote.url))", run: done)
    }
    return results
  }

  /// The error for a command that failed: git's own words, with advice.
  func failure(_ operation: String, _ subject: String, run: ToolRun) -> OperationError {
    let lines = run.errors.split(separator: "\n").map(String.init).filter {
      !$0.trimmingCharacters(in: .whitespaces).isEmpty
    }
    let reason = lines.prefix(3).joined(separator: ", ")
    if run.wasInterrupted {
      return OperationError(
        operation: operation, subject: subject, reason: "interrupted", advice: "what arrived before is kept")
    }

    let advices: [(String, String)] = [
      (
        "dubious ownership",
        "its folder belongs to another user: `git config --global --add safe.directory PATH` allows it"
      ),
      ("Could not resolve host", "check the network and the URL (`colophon remote list`)"),
      ("Could not connect", "check the network and the URL (`colophon remote list`)"),
      ("Connection refused", "check that the server runs and the URL (`colophon remote list`)"),
      ("Connection timed out", "check the network and the URL (`colophon remote list`)"),
      (
        "Permission denied",
        "check that you may read and write there: the key that ssh uses, or the owner of the folder"
      ),
      ("insufficient permission", "check the owner and the mode of the remote's folder"),
      ("Authentication failed", "check the name and the password or token that git uses for it"),
      (
        "terminal prompts disabled",
        "git needs a name and password: see git-credential(1), or unset GIT_TERMINAL_PROMPT"
      ),
      (
        "does not appear to be a git repository",
        "check the URL (`colophon remote list`); `git init --bare` makes an empty one"
      ),
      ("Repository not found", "check the URL (`colophon remote list`)"),
      ("not found", "check the URL (`colophon remote list`)"),
      ("No space left", "free some space and try again"),
    ]

    let advice =
      advices.first { run.errors.contains($0.0) }?.1
      ?? "this is what git said; `git ls-remote` shows whether it is reached"
    return OperationError(
      operation: operation, subject: subject, reason: reason.isEmpty ? "git ended with status \(run.status)" : reason,
      advice: advice)
  }
}
