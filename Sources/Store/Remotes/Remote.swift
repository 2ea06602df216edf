internal import ArtifactStore
internal import Attestation
internal import Core
internal import Foundation
internal import Processes

/// Another store that this one exchanges with, under a short name. Stored like git's own remotes, in the
/// configuration of `store.git`.
package struct Remote: Codable, Sendable, Hashable {
  /// The rules for the remote's records that look-ups find.
  package enum Policy: String, Codable, Sendable, CaseIterable {
    /// Look-ups find all records.
    case trust
    /// Look-ups find the records with a key and output that are in a statement signed with an allowed key.
    case attested
    /// Look-ups find no record: stages run here, and their outputs are compared with the remote's.
    case rerun
  }

  /// The short name.
  package var name: String
  /// The URL or the absolute path of the repository.
  package var url: String
  /// The rule for the remote's records.
  package var policy: Policy
  /// A file of allowed signers for this remote; git's `gpg.ssh.allowedSignersFile` unless given.
  package var allowedSigners: String?

  /// A remote; it is stored by ``RemoteList/add(_:)``.
  package init(name: String, url: String, policy: Policy, allowedSigners: String? = nil) {
    self.name = name
    self.url = url
    self.policy = policy
    self.allowedSigners = allowedSigners
  }
}

/// The remotes of a store.
package struct RemoteList {
  private let git: GitTransport

  /// The remotes in the configuration of a store.
  /// - Parameter store: the path of `store.git`.
  package init(store: String) { git = GitTransport(repository: store) }

  /// All remotes, sorted by name.
  /// - Throws: ``OperationError`` when git cannot be started.
  package func all() throws -> [Remote] {
    let listed = try git.run(["config", "--local", "--get-regexp", "^remote\\..*\\.url$"])
    guard listed.succeeded else { return [] }
    return try listed.text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard words.count == 2 else { return nil }
      let name = String(words[0].dropFirst("remote.".count).dropLast(".url".count))
      guard RecordSource.fault(inRemote: name) == nil else { return nil }
      let policy = try git.value("colophon.\(name).policy").flatMap(Remote.Policy.init(rawValue:))
      // A remote that was added with git itself, or has an unknown policy, is not trusted.
      return Remote(
        name: name, url: words[1], policy: policy ?? .rerun,
        allowedSigners: try git.value("colophon.\(name).allowedSigners"))
    }.sorted { $0.name < $1.name }
  }

  /// The remote of a name; without a name the only remote.
  /// - Throws: ``OperationError`` when it does not exist, or there are several and no name.
  package func remote(named name: String?) throws -> Remote {
    let all = try all()
    if let name {
      if let found = all.first(where: { $0.name == name }) { return found }
      throw OperationError(
        operation: "find the remote", subject: name,
        reason: all.isEmpty ? "there are no remotes" : "the remotes are \(all.map(\.name).joined(separator: ", "))",
        advice: "`colophon remote add \(name) URL` adds it")
    }
    if all.count == 1 { return all[0] }
    throw OperationError(
      operation: "choose", subject: "a remote",
      reason: all.isEmpty ? "there are none" : "there are several: \(all.map(\.name).joined(separator: ", "))",
      advice: all.isEmpty ? "`colophon remote add NAME URL` adds one" : "name one of them")
  }

  /// Adds a remote.
  /// - Throws: ``OperationError`` for a name that is taken or not allowed, and a URL that git could take for an option.
  package func add(_ remote: Remote) throws {
    if let fault = RecordSource.fault(inRemote: remote.name) {
      throw OperationError(
        operation: "add the remote", subject: remote.name, reason: fault, advice: "choose another name")
    }
    guard try !all().contains(where: { $0.name == remote.name }) else {
      throw OperationError(
        operation: "add the remote", subject: remote.name, reason: "there is one of that name",
        advice: """
          `colophon remote remove \(remote.name)` removes it, \
          `colophon remote policy \(remote.name) POLICY` changes its policy
          """)
    }

    let url = Self.absolute(remote.url)
    guard !url.isEmpty, !url.hasPrefix("-"), !url.contains(where: \.isNewline) else {
      throw OperationError(
        operation: "add the remote", subject: remote.name, reason: "\(url.debugDescription) is no URL",
        advice: "give a folder, an https:// or ssh:// URL, or HOST:PATH")
    }

    try git.set("remote.\(remote.name).url", url)
    try set(remote.policy, allowedSigners: remote.allowedSigners, of: remote.name)
  }

  /// Sets the policy of a remote, and its allowed signers where they are given.
  /// - Throws: ``OperationError`` when the configuration cannot be written.
  package func set(_ policy: Remote.Policy, allowedSigners: String?, of name: String) throws {
    try git.set("colophon.\(name).policy", policy.rawValue)
    if let allowedSigners { try git.set("colophon.\(name).allowedSigners", Self.absolute(allowedSigners)) }
  }

  /// Removes a remote; its records stay.
  /// - Throws: ``OperationError`` when there is no such remote.
  package func remove(_ name: String) throws {
    _ = try remote(named: name)
    _ = try git.run(["config", "--local", "--remove-section", "remote.\(name)"])
    _ = try git.run(["config", "--local", "--remove-section", "colophon.\(name)"])
  }

  /// The absolute path for a URL that is a path: git would resolve a relative one from the store's folder.
  private static func absolute(_ url: String) -> String {
    guard !url.contains("://"), !url.hasPrefix("-"), !url.isEmpty else { return url }
    let path = URL(fileURLWithPath: (url as NSString).expandingTildeInPath).standardizedFileURL.path
    let isPath = ["/", "./", "../", "~"].contains(where: url.hasPrefix) || FileManager.default.fileExists(atPath: path)
    return isPath ? path : url
  }
}
