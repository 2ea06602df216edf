package import Core
internal import Foundation

/// A signed ``Statement``: a DSSE envelope as JSON, signed with an SSH key the way git signs commits.
///
/// Source: Dead Simple Signing Envelope, v1.0. The signature is of `DSSEv1 SP LEN(type) SP type SP LEN(body) SP
/// body`, so that a statement cannot pass for a message of another type. The envelope keeps the very bytes that were
/// signed.
package struct Attestation: Sendable, Hashable {
  /// The media type of an in-toto statement. Source: in-toto Attestation Framework, spec v1, “Envelope”.
  package static let payloadType = "application/vnd.in-toto+json"
  /// The most bytes of an envelope: 16 MiB, enough for some 40,000 stages.
  package static let limit = 16 << 20

  /// The statement that is signed.
  package let statement: Statement
  /// The envelope, in the form in which it is kept and sent.
  package let bytes: [UInt8]
  private let payload: [UInt8]
  private let signature: [UInt8]

  private struct Envelope: Codable {
    struct Signature: Codable {
      var keyid: String
      var sig: Data
    }
    var payloadType: String
    var payload: Data
    var signatures: [Signature]
  }

  /// SHA-256 of the envelope, which is its name wherever it is kept.
  package var digest: Digest { Digest(of: bytes) }

  /// Signs a statement.
  /// - Parameters:
  ///   - statement: the statement to sign.
  ///   - key: the path of an SSH key; if `nil`, git's `user.signingkey`, when git signs with SSH keys.
  ///   - project: a folder, whose git configuration applies.
  /// - Throws: ``OperationError`` when there is no key or it cannot be used.
  package static func sign(_ statement: Statement, key: String?, project: String) throws(OperationError) -> Attestation
  {
    let signingKey = try SigningKey(key, project: project)
    defer { signingKey.discard() }
    do {
      let payload = Array(try encoder.encode(statement))
      let signature = try SSHSignature(of: message(payload), key: signingKey)
      let envelope = Envelope(
        payloadType: payloadType, payload: Data(payload),
        signatures: [.init(keyid: signature.fingerprint, sig: Data(signature.bytes))])
      return try Attestation(
        bytes: Array(try encoder.encode(envelope)) + [UInt8(ascii: "\n")], name: statement.predicate.notebook)
    } catch let error as OperationError { throw error } catch {
      throw OperationError(
        operation: "sign", subject: statement.predicate.notebook, reason: "\(error)",
        advice: "this is an error of Colophon; please report it")
    }
  }

  /// Reads an envelope. Its signature is not checked yet: see ``signer(allowedSigners:)``.
  /// - Parameters:
  ///   - bytes: the envelope as JSON.
  ///   - name: the subject of errors.
  /// - Throws: ``OperationError`` for anything but an envelope with one signature around a statement of this kind.
  package init(bytes: [UInt8], name: String) throws(OperationError) {
    func refusal(_ reason: String) -> OperationError {
      OperationError(
        operation: "read the attestation", subject: name, reason: reason, advice: "ask its author for a new one")
    }

    guard bytes.count <= Self.limit else { throw refusal("it is longer than \(Self.limit) bytes") }
    let envelope: Envelope
    do { envelope = try JSONCoding.decoder().decode(Envelope.self, from: Data(bytes)) } catch {
      throw refusal("it is no envelope of a signed statement")
    }
    guard envelope.payloadType == Self.payloadType else { throw refusal("its payload is \(envelope.payloadType)") }
    guard envelope.signatures.count == 1 else {
      throw refusal("it has \(envelope.signatures.count) signatures, not one")
    }
    do { statement = try JSONCoding.decoder().decode(Statement.self, from: envelope.payload) } catch {
      throw refusal("its payload is no statement about a notebook")
    }
    if let fault = statement.fault { throw refusal(fault) }

    self.bytes = bytes
    payload = Array(envelope.payload)
    signature = Array(envelope.signatures[0].sig)
  }

  /// Checks the signature.
  /// - Parameter allowedSigners: a file of allowed signers, as of ssh-keygen(1); without one every key is unknown.
  /// - Returns: the signer, with a name when the key is a known one.
  /// - Throws: ``OperationError`` when the signature is not of these bytes.
  package func signer(allowedSigners: String?) throws(OperationError) -> Signer {
    let message = Self.message(payload)
    guard let signature = SSHSignature(bytes: signature), try signature.isGood(for: message) else {
      throw OperationError(
        operation: "trust the attestation", subject: "\(digest.short) of \(statement.predicate.notebook)",
        reason: "its signature is not one of these bytes",
        advice: "it was changed: delete it, and ask its author for it again")
    }
    var principal: String?
    if let allowedSigners { principal = try signature.principal(of: message, allowed: allowedSigners) }
    return Signer(fingerprint: signature.fingerprint, keyType: signature.keyType, principal: principal)
  }

  /// Writes the envelope into a folder, which is made when missing, under its digest.
  /// - Returns: the file's path.
  /// - Throws: ``OperationError`` when it cannot be written.
  package func write(into folder: String) throws(OperationError) -> String {
    let path = folder + "/" + digest.hexadecimal.prefix(16) + ".json"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw OperationError(
        operation: "write", subject: path, reason: error.localizedDescription,
        advice: "check the folder's owner and the free space")
    }
    return path
  }

  /// The attestations in a folder, in the order of their times; none when the folder does not exist.
  /// - Parameters:
  ///   - folder: the folder; only its files with the ending `.json` are read.
  ///   - refused: called with the error of each file that is no attestation.
  package static func load(from folder: String, refused: (OperationError) -> Void) -> [Attestation] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
      let path = folder + "/" + name
      let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
      do throws(OperationError) {
        // A longer file is refused without being read.
        let bytes =
          size > limit
          ? [UInt8](repeating: 0, count: limit + 1) : FileManager.default.contents(atPath: path).map(Array.init)
        return try Attestation(bytes: bytes ?? [], name: path)
      } catch {
        refused(error)
        return nil
      }
    }.sorted { $0.statement.predicate.started < $1.statement.predicate.started }
  }

  /// The file of allowed signers: the named one, else git's `gpg.ssh.allowedSignersFile`; `nil` when neither is given.
  /// - Parameters:
  ///   - named: the path of a file.
  ///   - project: a folder, whose git configuration applies.
  /// - Throws: ``OperationError`` when the file does not exist.
  package static func allowedSigners(_ named: String?, project: String) throws(OperationError) -> String? {
    let configured = named == nil ? try SigningKey.configuration("gpg.ssh.allowedSignersFile", project) : nil
    guard let path = (named ?? configured).map({ ($0 as NSString).expandingTildeInPath }) else { return nil }
    guard FileManager.default.fileExists(atPath: path) else {
      throw OperationError(
        operation: "read the allowed signers in", subject: path, reason: "there is no such file",
        advice: "each line of it is a name and a public key, see ssh-keygen(1), ALLOWED SIGNERS")
    }
    return path
  }

  /// The bytes that are signed.
  private static func message(_ payload: [UInt8]) -> [UInt8] {
    Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
  }

  private static var encoder: JSONEncoder { JSONCoding.encoder([.sortedKeys, .withoutEscapingSlashes]) }
}

/// The signer of an attestation.
package struct Signer: Sendable, Hashable, Codable {
  /// The digest of the public key, `SHA256:…`, as `ssh-keygen -l` prints it.
  package var fingerprint: String
  /// The type of the key, such as `ssh-ed25519`.
  package var keyType: String
  /// The name that the file of allowed signers has for the key; `nil` for an unknown key.
  package var principal: String?

  /// True when the key is one of the allowed signers'.
  package var isKnown: Bool { principal != nil }
}
