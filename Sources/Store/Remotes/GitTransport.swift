internal import Attestation
internal import Core
internal import Foundation
internal import Processes

/// The `git` command on a repository: its transports, credentials and configuration are those that the user knows.
struct GitTransport {
  let repository: String

  /// What became of one reference of a push.
  struct Pushed {
    var reference: String
    var isRejected: Bool
    /// In git's words.
    var summary: String

    /// Whether another process held the reference just then.
    var isLocked: Bool {
      isRejected && ["failed to update ref", "cannot lock ref", "failed to lock"].contains(where: summary.contains)
    }
  }

  func run(_ arguments: [String]) throws -> ToolRun { try ToolRun("git", ["--git-dir", repository] + arguments) }

  /// A value of the configuration as it counts for the repository.
  func value(_ name: String) throws -> String? {
    let found = try run(["config", "--get", name])
    return found.succeeded && !found.text.isEmpty ? found.text : nil
  }

  func set(_ name: String, _ value: String) throws {
    let done = try run(["config", "--local", name, value])
    guard done.succeeded else { throw failure("configure", repository, done) }
  }

  /// The names of the remote's references, each with the object that it names.
  func references(of remote: Remote, for operation: String) throws -> [String: String] {
    let listed = try run(["ls-remote", "--quiet", "--", remote.name])
    guard listed.succeeded else { throw failure(operation, "\(remote.name) (\(remote.url))", listed) }
    var references: [String: String] = [:]
    for line in listed.text.split(separator: "\n") {
      let words = line.split(separator: "\t").map(String.init)
      if words.count == 2 { references[words[1]] = words[0] }
    }
    return references
  }

  /// Brings references in under other names; nothing else changes.
  /// - Parameter map: the remote's names and those here.
  func fetch(_ map: [(from: String, to: String)], from remote: Remote, for operation: String) throws {
    guard !map.isEmpty else { return }
    // Always packs: the store writes no loose objects.
    let fetched = try run(
      [
        "-c", "fetch.unpackLimit=1", "-c", "transfer.unpackLimit=1", "fetch", "--quiet", "--no-tags",
        "--no-write-fetch-head",
        "--no-auto-maintenance", "--no-recurse-submodules", "--refmap=", "--", remote.name,
      ] + map.map { "+\($0.from):\($0.to)" })
    guard fetched.succeeded else { throw failure(operation, "\(remote.name) (\(remote.url))", fetched) }
  }

  /// Sends references; none is forced.
  /// - Throws: ``OperationError`` when the remote was not reached or took nothing; a rejected reference is no error.
  func push(_ map: [(from: String, to: String)], to remote: Remote) throws -> [Pushed] {
    guard !map.isEmpty else { return [] }
    // Whole objects: chunks have no differences worth looking for, and whoever evicts one must not need it for another.
    let done = try run(
      ["-c", "pack.window=0", "push", "--porcelain", "--no-verify", "--", remote.name]
        + map.map { "\($0.from):\($0.to)" })
    let results = done.text.split(separator: "\n").compactMap { line -> Pushed? in
      let words = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard words.count == 3, let colon = words[1].lastIndex(of: ":") else { return nil }
      return Pushed(
        reference: String(words[1][words[1].index(after: colon)...]), isRejected: words[0] == "!", summary: words[2])
    }
    guard done.succeeded || !results.isEmpty else { throw failure("push to", "\(remote.name) (\(remote.url))", done) }
    return results
  }

  /// Git's words for a failure, with what to do about it.
  func failure(_ operation: String, _ subject: String, _ run: ToolRun) -> OperationError {
    let lines = run.errors.split(separator: "\n").map(String.init).filter {
      !$0.trimmingCharacters(in: .whitespaces).isEmpty
    }
    let said = lines.prefix(3).joined(separator: ", ")
    if run.wasInterrupted {
      return OperationError(
        operation: operation, subject: subject, reason: "interrupted", advice: "what arrived before is kept")
    }
    let advices: [(String, String)] = [
      (
        "dubious ownership",
        "its folder belongs to someone else: `git config --global --add safe.directory PATH` allows it"
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
      operation: operation, subject: subject, reason: said.isEmpty ? "git ended with status \(run.status)" : said,
      advice: advice)
  }
}
