internal import ArtifactTypes
internal import Core
internal import Foundation
internal import Imaging

/// The instructions for a further process of a training: a JSON file in the stage's scratch folder.
struct TrainingJob: Codable {
  /// The number of processes.
  var size: Int
  /// The longest time for which they wait for each other, in seconds.
  var patience: Double
  /// The digest of the first process's settings and code: the others must compute the same one.
  var fingerprint: Digest
  /// The paths of the inputs' files, by the digests of their bytes.
  var files: [String: String]
  var settings: TrainCLIP

  /// The job of a training in several processes.
  /// - Parameters:
  ///   - patience: the longest time for which the processes wait for each other.
  ///   - folder: takes the files that are in memory.
  init(_ settings: TrainCLIP, patience: Duration, folder: String) throws {
    size = settings.processes
    self.patience = patience / .seconds(1)
    fingerprint = try settings.fingerprint()
    files = [:]
    let inputs = [
      settings.pictures.set?.content, settings.pairs.content, settings.tokenizer.content, settings.keeping?.content,
    ]
    for file in inputs.compactMap(\.self).flatMap(\.files) {
      let digest = file.digest.hexadecimal
      if case .memory(let bytes) = file.location {
        files[digest] = "\(folder)/\(digest)"
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(digest)"))
      } else {
        files[digest] = try file.path()
      }
    }
    self.settings = settings
  }

  /// Writes the job as JSON.
  func write(to path: String) throws { try JSONCoding.encoder().encode(self).write(to: URL(fileURLWithPath: path)) }

  /// Reads a job.
  /// - Throws: ``OperationError`` when this program was built from other sources than the one that wrote the job.
  init(path: String) throws {
    struct Places: Decodable { var files: [String: String] }
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let decoder = JSONCoding.decoder()
    decoder.userInfo[.contentSource] = JobFiles(places: try decoder.decode(Places.self, from: data).files)
    self = try decoder.decode(Self.self, from: data)
    guard try settings.fingerprint() == fingerprint else {
      throw OperationError(
        operation: "join a training", subject: path,
        cause: "this program was built from other sources than the one that trains: build the whole package again")
    }
  }
}

/// The inputs of a job, at the paths that the first process has written down.
private struct JobFiles: ContentSource {
  let places: [String: String]

  func path(of file: ContentFile) throws -> String {
    guard let path = places[file.digest.hexadecimal] else {
      throw OperationError(
        operation: "join a training", subject: file.name, cause: "the job does not say where this file is")
    }
    return path
  }

  func bytes(of file: ContentFile) throws -> [UInt8] {
    let path = try path(of: file)
    let bytes = try FileBytes.read(path)
    guard Digest(of: bytes) == file.digest else {
      throw OperationError(
        operation: "join a training", subject: path, cause: "the file has changed since the training began")
    }
    return bytes
  }
}
