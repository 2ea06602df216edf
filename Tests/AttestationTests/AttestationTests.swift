import Attestation
import Core
import Foundation
import Processes
import TestSupport
import Testing

/// A folder with SSH keys made by `ssh-keygen`, a file of allowed signers, and a git repository that signs with one
/// of them.
private final class Keyring {
  let root: String

  init() throws {
    root = try temporaryFolder("keys")
    #expect(try ToolRun("git", ["init", "-q", root]).succeeded)
    var allowed = ""
    for name in ["ada", "eve"] {
      #expect(try ToolRun("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key(name)]).succeeded)
      if name == "ada" {
        allowed += "ada@example.org " + (try String(contentsOfFile: key(name) + ".pub", encoding: .utf8))
      }
    }
    try allowed.write(toFile: self.allowed, atomically: true, encoding: .utf8)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  var allowed: String { root + "/allowed" }
  func key(_ name: String) -> String { root + "/" + name }
  func configure(_ name: String, _ value: String) throws {
    #expect(try ToolRun("git", ["-C", root, "config", name, value]).succeeded)
  }
}

@Suite struct AttestationTests {
  private let keys: Keyring
  private static let statement = Statement(
    notebook: "Notebooks/日本 – «x».md", name: "日本 – «x»", notebookDigest: Digest(of: "notebook"),
    lockDigest: Digest(of: "lock"),
    source: SourceState(commit: String(repeating: "a", count: 40), isDirty: true), parameters: ["sample": "150"],
    stages: [
      AttestedStage(
        artifact: "Sample", stage: "SampleBalanced", key: Digest(of: "key"), output: Digest(of: "out"),
        verdict: "identical"),
      AttestedStage(
        artifact: "'; DROP TABLE", stage: "S", key: Digest(of: "k"), output: Digest(of: "o"), verdict: "diverged"),
    ], environment: ["os": "Debian 12"], isSandboxed: true, tolerance: "1e-5", verdict: "diverged", started: 1.5,
    seconds: 2)

  init() throws { keys = try Keyring() }

  @Test func `A statement comes back as it was signed, with who signed it`() throws {
    let signed = try Attestation.sign(Self.statement, key: keys.key("ada"), project: keys.root)
    let path = try signed.write(into: keys.root + "/a/b")
    let read = try #require(Attestation.load(from: keys.root + "/a/b") { Issue.record("\($0)") }.first)
    #expect(read == signed && read.statement == Self.statement && path.hasSuffix(".json"))
    let signer = try read.signer(allowedSigners: keys.allowed)
    #expect(signer.principal == "ada@example.org" && signer.isKnown && signer.keyType == "ssh-ed25519")
    let listed = try ToolRun("ssh-keygen", ["-l", "-f", keys.key("ada") + ".pub"]).text
    #expect(listed.contains(signer.fingerprint))
    #expect(try !read.signer(allowedSigners: nil).isKnown)
  }

  @Test func `A key that is not among the allowed ones is unknown, its signature good`() throws {
    let signed = try Attestation.sign(Self.statement, key: keys.key("eve"), project: keys.root)
    #expect(try signed.signer(allowedSigners: keys.allowed).principal == nil)
  }

  @Test func `The key that signs commits signs statements`() throws {
    #expect(throws: OperationError.self) {
      try Attestation.sign(Self.statement, key: keys.root + "/none", project: keys.root)
    }
    try keys.configure("gpg.format", "ssh")
    try keys.configure("user.signingkey", keys.key("ada"))
    try keys.configure("gpg.ssh.allowedSignersFile", keys.allowed)
    let signed = try Attestation.sign(Self.statement, key: nil, project: keys.root)
    let allowed = try Attestation.allowedSigners(nil, project: keys.root)
    #expect(allowed == keys.allowed)
    #expect(try signed.signer(allowedSigners: allowed).isKnown)
  }

  @Test func `A key that git uses for OpenPGP is not taken for an SSH key`() throws {
    try keys.configure("gpg.format", "openpgp")
    try keys.configure("user.signingkey", "0xDEADBEEF")
    let error = #expect(throws: OperationError.self) {
      try Attestation.sign(Self.statement, key: nil, project: keys.root)
    }
    #expect(error?.description.contains("openpgp") == true)
  }

  @Test(arguments: ["payload", "signature", "namespace"])
  func `What was changed after it was signed is refused`(what: String) throws {
    let signed = try Attestation.sign(Self.statement, key: keys.key("ada"), project: keys.root)
    var envelope = try #require(try JSONSerialization.jsonObject(with: Data(signed.bytes)) as? [String: Any])
    var signatures = try #require(envelope["signatures"] as? [[String: Any]])
    switch what {
    case "payload":
      let payload = try #require((envelope["payload"] as? String).flatMap { Data(base64Encoded: $0) })
      let other = String(decoding: payload, as: UTF8.self).replacingOccurrences(of: "Debian 12", with: "Debian 13")
      envelope["payload"] = Data(other.utf8).base64EncodedString()
    case "signature":
      var bytes = try #require((signatures[0]["sig"] as? String).flatMap { Data(base64Encoded: $0) })
      bytes[bytes.count - 1] ^= 1
      signatures[0]["sig"] = bytes.base64EncodedString()
    default:
      // A signature that the same key made of the same bytes for another purpose.
      let payload = try #require((envelope["payload"] as? String).flatMap { Data(base64Encoded: $0) })
      let type = Attestation.payloadType
      let message = Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
      let run = try ToolRun("ssh-keygen", ["-Y", "sign", "-n", "git", "-f", keys.key("ada")], input: message)
      signatures[0]["sig"] = run.text.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
    }
    envelope["signatures"] = signatures
    let changed = try Attestation(bytes: Array(try JSONSerialization.data(withJSONObject: envelope)), name: "changed")
    #expect(throws: OperationError.self) { try changed.signer(allowedSigners: keys.allowed) }
  }

  @Test(arguments: ["", "{}", "[]", "{\"payloadType\":\"x\",\"payload\":\"\",\"signatures\":[]}", "\u{0}\u{1}"])
  func `What is no envelope is refused by name`(text: String) throws {
    let folder = keys.root + "/bad"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try text.write(toFile: folder + "/bad.json", atomically: true, encoding: .utf8)
    var refused: [String] = []
    #expect(Attestation.load(from: folder) { refused.append("\($0)") }.isEmpty)
    #expect(refused.count == 1 && refused[0].contains("bad.json"))
  }

  @Test func `The envelope is what in-toto's readers expect`() throws {
    let signed = try Attestation.sign(Self.statement, key: keys.key("ada"), project: keys.root)
    let envelope = try #require(try JSONSerialization.jsonObject(with: Data(signed.bytes)) as? [String: Any])
    #expect(envelope["payloadType"] as? String == "application/vnd.in-toto+json")
    let payload = try #require((envelope["payload"] as? String).flatMap { Data(base64Encoded: $0) })
    let statement = try #require(try JSONSerialization.jsonObject(with: payload) as? [String: Any])
    #expect(statement["_type"] as? String == "https://in-toto.io/Statement/v1")
    let subjects = try #require(statement["subject"] as? [[String: Any]])
    #expect(subjects[0]["name"] as? String == "Sample")
    #expect(subjects[0]["digest"] as? [String: String] == ["sha256": Digest(of: "out").hexadecimal])
    #expect(statement["predicateType"] is String && statement["predicate"] is [String: Any])
  }

  @Test func `A project's commit, and whether it has changes, are told`() throws {
    #expect(try SourceState.of(project: keys.root) == nil)
    try "a".write(toFile: keys.root + "/file", atomically: true, encoding: .utf8)
    let person = ["-c", "user.name=A", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    #expect(try ToolRun("git", ["-C", keys.root, "add", "file"]).succeeded)
    #expect(try ToolRun("git", ["-C", keys.root] + person + ["commit", "-qm", "one"]).succeeded)
    let clean = try #require(try SourceState.of(project: keys.root))
    #expect(!clean.isDirty && clean.commit.count == 40)
    try "b".write(toFile: keys.root + "/file", atomically: true, encoding: .utf8)
    #expect(try SourceState.of(project: keys.root)?.isDirty == true)
  }

  @Test func `A tool's long input and output pass through, and its status is told`() throws {
    let bytes = [UInt8](repeating: 7, count: 3 << 20)
    #expect(try ToolRun("cat", [], input: bytes).output == bytes)
    let failed = try ToolRun("sh", ["-c", "echo no >&2; exit 3"], input: [])
    #expect(failed.status == 3 && failed.errors == "no\n")
    #expect(throws: OperationError.self) { try ToolRun("no-such-program-anywhere", []) }
  }

  @Test func `A detached tool has no input, and its output and errors come in the order of writing`() throws {
    let run = try ToolRun(detached: "sh", ["-c", "cat; echo a; echo b >&2; echo c; kill -KILL $$"])
    #expect(run.text == "a\nb\nc" && run.errors.isEmpty)
    #expect(run.ending == .killed(signal: 9) && run.status == 137)
  }

  @Test func `Killing a program with its group ends what it has started`() throws {
    let pipe = try ProcessPipe()
    let shell = try ChildProcess(
      path: "sh", arguments: ["-c", "sleep 1000 & wait"], output: pipe.writing, error: nil,
      numbered: [7: pipe.writing])
    pipe.closeWriting()
    let early = shell.wait(milliseconds: 50)
    shell.kill(withGroup: true)
    let ending = shell.wait()
    #expect(early == nil && ending == .killed(signal: 9))
    // The end is only reached when `sleep`, which has the pipe too, has ended.
    #expect(SystemCall.readPieces(from: pipe.reading) { _ in })
  }
}
