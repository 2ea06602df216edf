internal import Core
internal import Foundation
internal import Processes

/// The SSH key for statements: the one that signs the user's commits, unless another is named.
struct SigningKey {
  /// The path of a private key, or of a public one whose private half an agent has.
  let path: String
  /// True when the private half is in an agent.
  let isInAgent: Bool
  /// A file of ours with a key that was given as text.
  private let temporary: String?

  /// Finds the key.
  /// - Parameters:
  ///   - key: the path of a key, or a public key as text; `nil` for git's `user.signingkey`.
  ///   - project: a folder, whose git configuration applies.
  /// - Throws: ``OperationError`` when there is no key.
  init(_ key: String?, project: String) throws(OperationError) {
    let chosen: String
    if let key {
      chosen = key
    } else {
      let format = try Self.configuration("gpg.format", project)
      let configured = try Self.configuration("user.signingkey", project)
      guard let configured, format == "ssh" else {
        throw OperationError(
          operation: "sign", subject: "the statement",
          reason: configured == nil
            ? "git has no user.signingkey" : "git signs with \(format ?? "openpgp"), not with SSH keys",
          advice: "name a key with --key ~/.ssh/id_ed25519, or set gpg.format to ssh and user.signingkey to your key")
      }
      chosen = configured
    }

    // git takes a public key as text too; `ssh-keygen` needs a file.
    let literal = chosen.hasPrefix("key::") ? String(chosen.dropFirst(5)) : chosen
    if chosen.hasPrefix("key::") || ["ssh-", "ecdsa-", "sk-"].contains(where: chosen.hasPrefix) {
      let file = NSTemporaryDirectory() + "/colophon-key-\(UUID().uuidString).pub"
      guard FileManager.default.createFile(atPath: file, contents: Data((literal + "\n").utf8)) else {
        throw OperationError(
          operation: "write", subject: file, reason: "the folder takes no files", advice: "check TMPDIR")
      }
      (path, isInAgent, temporary) = (file, true, file)
      return
    }

    path = (chosen as NSString).expandingTildeInPath
    temporary = nil
    isInAgent = path.hasSuffix(".pub") && !FileManager.default.fileExists(atPath: String(path.dropLast(4)))
    guard FileManager.default.fileExists(atPath: path) else {
      throw OperationError(
        operation: "sign with", subject: path, reason: "there is no such file",
        advice: "`ssh-keygen -t ed25519` makes a key; name it with --key or in git's user.signingkey")
    }
  }

  /// Removes the file of a key that was given as text.
  func discard() { if let temporary { try? FileManager.default.removeItem(atPath: temporary) } }

  /// A value of git's configuration in a folder; `nil` when it is not set.
  static func configuration(_ name: String, _ project: String) throws(OperationError) -> String? {
    let found = try ToolRun("git", ["-C", project, "config", "--get", name], input: [])
    return found.succeeded && !found.text.isEmpty ? found.text : nil
  }
}
