import ArtifactTypes
import Core
import Foundation
import Imaging
import Synchronization
import Testing
import Training

/// Training and encoding from encoded pictures: shards, files, and what is broken among them.
@Suite(.serialized) struct EncodedTrainingTests {
  private let world: SmallWorld

  init() throws { world = try SmallWorld() }

  /// The world's pictures as PNG of 12 × 10 pixels, and one that is cut off where `broken` asks for it.
  private func pictures(broken: Bool) throws -> [(name: String, bytes: [UInt8])] {
    let vips = try Vips()
    return try SmallWorld.colors.map { color in
      let pixels: [UInt8] = (0..<120).flatMap { _ in color.rgb + [255] }
      let bytes = try pixels.withUnsafeBufferPointer { try vips.png($0, width: 12, height: 10) }
      return (color.id + ".png", broken && color.id == "c" ? Array(bytes.prefix(40)) : bytes)
    }
  }

  private func folder(_ name: String, broken: Bool = false) throws -> String {
    let path = "\(world.folder)/\(name)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, bytes) in try pictures(broken: broken) {
      try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }
    return path
  }

  /// The same pictures in a shard made by tar itself.
  private func shard(broken: Bool = false) throws -> String {
    let path = "\(world.folder)/shards"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let source = try folder("loose", broken: broken)
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = ["tar", "-C", source, "-cf", "\(path)/0.tar"] + SmallWorld.colors.map { $0.id + ".png" }
    try tar.run()
    tar.waitUntilExit()
    #expect(tar.terminationStatus == 0)
    return path
  }

  private func training(_ path: String) async throws -> TrainCLIP {
    var training = world.training(try await world.tokenizer()).with(\.picturesPerStep, 5).with(\.steps, 40)
    training.pictures = .folder(path)
    return training
  }

  @Test func `A shard and a folder of files give the same bytes`() async throws {
    defer { world.remove() }
    let fromShard = try await training(shard()).run(world.context)
    let fromFiles = try await training(folder("files")).run(world.context)
    #expect(fromShard.content.digest == fromFiles.content.digest)
  }

  @Test func `With a broken picture a stopped training ends with the same bytes and count`() async throws {
    defer { world.remove() }
    let training = try await training(shard(broken: true))
    let reports = Mutex<[String]>([])
    let undisturbed = try await training.run(
      StageContext(scratch: world.folder, threads: 1) { report in
        if case .note(let text) = report { reports.withLock { $0.append(text) } }
      })
    let before = reports.withLock { $0 }
    #expect(
      before.count == 1 && before[0].hasPrefix("1 pictures cannot be decoded") && before[0].contains("c ("), "\(before)"
    )
    let partial = PartialFolder(path: world.folder + "/partial", interval: .seconds(3600))
    for step in [3, 20] {
      let context = StageContext(scratch: world.folder, threads: 1, partial: partial) { report in
        if case .progress(let done, _, _) = report, Int(done) == step { withUnsafeCurrentTask { $0?.cancel() } }
      }
      let task = Task { try await training.run(context) }
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    let resumed = try await training.run(
      StageContext(scratch: world.folder, threads: 1, partial: partial) { report in
        if case .note(let text) = report { reports.withLock { $0.append(text) } }
      })
    #expect(resumed.content.digest == undisturbed.content.digest)
    #expect(reports.withLock { $0.last } == before.first)
  }

  @Test func `Broken pictures have no embedding, and only broken ones are an error`() async throws {
    defer { world.remove() }
    let checkpoint = try await training(folder("files")).run(world.context)
    let some = try await EncodePictures(checkpoint: checkpoint, folder: folder("some", broken: true)).run(world.context)
    #expect(try some.ids() == ["a", "b", "d", "e", "f", "g", "h"])
    let all = world.folder + "/all"
    try FileManager.default.createDirectory(atPath: all, withIntermediateDirectories: true)
    for id in ["a", "b"] { try Data().write(to: URL(fileURLWithPath: "\(all)/\(id).png")) }
    await #expect(throws: OperationError.self) {
      try await EncodePictures(checkpoint: checkpoint, folder: all).run(world.context)
    }
    await #expect(throws: OperationError.self) { try await training(all).run(world.context) }
  }

  @Test func `Only what reads encoded pictures depends on what decodes them`() async throws {
    defer { world.remove() }
    #expect(TrainCLIP.environment.map(\.name) == ["libtorch"] && EncodePictures.environment.map(\.name) == ["libtorch"])
    let ofPixels = world.training(try await world.tokenizer())
    let ofFiles = try await training(folder("files"))
    #expect(ofPixels.pictures.folder == nil)
    let decoder = try #require(ofFiles.pictures.folder?.decoder)
    #expect(decoder.wholeMatch(of: /libvips \d+\.\d+\.\d+, libjpeg-turbo \d+\.\d+\.\d+/) != nil, "\(decoder)")
    let checkpoint = try await ofPixels.with(\.steps, 1).run(world.context)
    #expect(EncodePictures(checkpoint: checkpoint, pictures: world.pictures).pictures.folder == nil)
    #expect(EncodePictures(checkpoint: checkpoint, folder: world.folder).pictures.folder?.decoder == decoder)
  }

  @Test func `Pictures count by the content of their set or folder, and survive JSON`() throws {
    defer { world.remove() }
    let folder = PictureInput.folder("shards", keysAreLocal: true)
    let decoded = try JSONDecoder().decode(PictureInput.self, from: JSONEncoder().encode(folder))
    #expect(decoded.folder == folder.folder)
    let (structure, inputs) = try CanonicalEncoder.structure(of: folder) { _ in Digest(of: "shards") }
    #expect(inputs.map(\.path) == [".encoded.folder"] && inputs.map(\.digest) == [Digest(of: "shards")])
    #expect(structure.json.contains(#""folder":…,"keysAreLocal":true"#), "\(structure.json)")
    let set = try CanonicalEncoder.structure(of: PictureInput.set(world.pictures)) { _ in Digest(of: "pixels") }
    #expect(set.structure.json == #"{"set":{"_0":…}}"# && set.inputs.map(\.path) == [".set"])
  }
}
