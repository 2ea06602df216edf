internal import Core
internal import Foundation
internal import Processes

/// A signature of OpenSSH over some bytes, for the namespace `colophon`.
///
/// Source: OpenSSH, PROTOCOL.sshsig: `SSHSIG`, version 1, the public key, the namespace, a reserved text, the hash, the
/// signature.
struct SSHSignature {
  /// The purpose of our signatures: one for another purpose does not pass for ours.
  static let namespace = "colophon"

  /// The signature without its armour.
  let bytes: [UInt8]
  /// `SHA256:` and the digest of the public key, as `ssh-keygen -l` prints it.
  let fingerprint: String
  /// The type of the key, such as `ssh-ed25519`.
  let keyType: String

  /// Reads a signature, and from it the key; nothing is checked.
  /// - Returns: `nil` for bytes that are no signature.
  init?(bytes: [UInt8]) {
    var reader = bytes[...]
    func word() -> Int? {
      guard reader.count >= 4 else { return nil }
      defer { reader = reader.dropFirst(4) }
      return reader.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
    func text() -> ArraySlice<UInt8>? {
      guard let count = word(), count <= reader.count else { return nil }
      defer { reader = reader.dropFirst(count) }
      return reader.prefix(count)
    }

    guard reader.starts(with: Array("SSHSIG".utf8)) else { return nil }
    reader = reader.dropFirst(6)
    guard word() == 1, let key = text() else { return nil }
    reader = key
    guard let type = text() else { return nil }

    self.bytes = bytes
    keyType = String(decoding: type, as: UTF8.self)
    let digest = Data(Digest(of: Array(key)).bytes).base64EncodedString()
    fingerprint = "SHA256:" + digest.trimmingCharacters(in: CharacterSet(charactersIn: "="))
  }

  /// Signs a message.
  /// - Throws: ``OperationError`` with the words of `ssh-keygen`.
  init(of message: [UInt8], key: SigningKey) throws(OperationError) {
    let agent = key.isInAgent ? ["-U"] : []
    let run = try ToolRun(
      "ssh-keygen", ["-Y", "sign"] + agent + ["-n", Self.namespace, "-f", key.path], input: message)
    let lines = run.text.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
    guard run.succeeded, let data = Data(base64Encoded: lines), let signature = SSHSignature(bytes: Array(data)) else {
      throw OperationError(
        operation: "sign with", subject: key.path,
        reason: run.errors.trimmingCharacters(in: .whitespacesAndNewlines).split(separator: "\n").joined(
          separator: ", "),
        advice: "check that the key can be read, or that the agent has it (`ssh-add -l`)")
    }
    self = signature
  }

  /// The text that `ssh-keygen` reads.
  private var armoured: [UInt8] {
    var text = "-----BEGIN SSH SIGNATURE-----\n"
    var rest = Substring(Data(bytes).base64EncodedString())
    while !rest.isEmpty {
      text += rest.prefix(70) + "\n"
      rest = rest.dropFirst(70)
    }
    return Array((text + "-----END SSH SIGNATURE-----\n").utf8)
  }

  /// Checks that this is a signature of the message by any key.
  func isGood(for message: [UInt8]) throws(OperationError) -> Bool {
    try withFile { (file) throws(OperationError) in
      try ToolRun("ssh-keygen", ["-Y", "check-novalidate", "-n", Self.namespace, "-s", file], input: message).succeeded
    }
  }

  /// The name of the allowed signer who signed the message; `nil` when none of them did.
  /// - Parameters:
  ///   - message: the bytes that were signed.
  ///   - allowed: a file of allowed signers, as of ssh-keygen(1).
  func principal(of message: [UInt8], allowed: String) throws(OperationError) -> String? {
    try withFile { (file) throws(OperationError) in
      let found = try ToolRun("ssh-keygen", ["-Y", "find-principals", "-s", file, "-f", allowed], input: [])
      guard found.succeeded else { return nil }
      for principal in found.text.split(separator: "\n").map(String.init) {
        let check = try ToolRun(
          "ssh-keygen", ["-Y", "verify", "-n", Self.namespace, "-I", principal, "-s", file, "-f", allowed],
          input: message)
        if check.succeeded { return principal }
      }
      return nil
    }
  }

  /// Calls `body` with a file that has this signature.
  private func withFile<Result>(_ body: (String) throws(OperationError) -> Result) throws(OperationError) -> Result {
    let file = NSTemporaryDirectory() + "/colophon-\(UUID().uuidString).sig"
    guard FileManager.default.createFile(atPath: file, contents: Data(armoured)) else {
      throw OperationError(
        operation: "write", subject: file, reason: "the folder takes no files", advice: "check TMPDIR")
    }
    defer { try? FileManager.default.removeItem(atPath: file) }
    return try body(file)
  }
}
