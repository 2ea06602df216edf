import ArtifactTypes
import Core
import Datasets
import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct PictureTests {
  private func context(_ report: @escaping @Sendable (StageContext.Report) -> Void = { _ in }) throws -> StageContext {
    StageContext(scratch: try temporaryFolder(), threads: 2, report: report)
  }

  private func stamps(_ files: [String: String]) throws -> RenderStamps {
    let root = try temporaryFolder()
    for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(root)/\(name)")) }
    var stage = RenderStamps(size: 8)
    stage.folder = InputFolder(root, suffixes: [".png", ".svg"])
    return stage
  }

  private let square =
    #"<svg xmlns="http://www.w3.org/2000/svg" width="64" height="32"><rect width="64" height="32" fill="red"/></svg>"#

  @Test func `A drawing is fitted into the square, its colour kept, the rest transparent`() async throws {
    let set = try await stamps(["a.svg": square]).run(context())
    let pixels = try set.open().pixels(at: 0)
    #expect(Array(pixels[(4 * 8 + 4) * 4..<(4 * 8 + 5) * 4]) == [255, 0, 0, 255])
    #expect(pixels[3] == 0)
    #expect(pixels.count == 8 * 8 * 4)
  }

  @Test func `What drawings are drawn with is a part of the stages' surroundings`() throws {
    let facet = try #require(RenderStamps.environment.first { $0.name == "fonts" })
    #expect(facet.value.contains("librsvg ") && facet.value.contains("Pango ") && facet.value.contains("fontconfig "))
    #expect(!facet.value.hasPrefix("0 fonts"))
    #expect(facet.value == facet.value)
  }

  @Test func `A font counts by name, size and version, not by its folder, and a configuration by its content`() throws {
    let roots = try (0..<2).map { _ in try temporaryFolder() }
    for root in roots {
      try Data("font".utf8).write(to: URL(fileURLWithPath: root + "/a.ttf"))
      try Data("<fontconfig/>".utf8).write(to: URL(fileURLWithPath: root + "/fonts.conf"))
    }
    func tools(_ root: String, version: Int = 1) throws -> String {
      try DrawingTools(
        "version\tPango\t1.50\nconfiguration\t\(root)\nconfiguration\t\(root)/fonts.conf\n"
          + "font\t\(root)/a.ttf\t\(version)\n"
          + "font\t\(root)/a.ttf\t\(version)\n"
      ).description
    }
    let first = try tools(roots[0])
    #expect(first.hasPrefix("1 font (") && first.hasSuffix("), Pango 1.50"))
    #expect(try tools(roots[1]) == first)
    #expect(try tools(roots[1], version: 2) != first)
    try Data("longer".utf8).write(to: URL(fileURLWithPath: roots[1] + "/a.ttf"))
    #expect(try tools(roots[1]) != first)
    try Data("<fontconfig></fontconfig>".utf8).write(to: URL(fileURLWithPath: roots[0] + "/fonts.conf"))
    #expect(try tools(roots[0]) != first)
  }

  @Test func `Pictures become PNG and come back the same`() async throws {
    let set = try await stamps(["a.svg": square]).run(context())
    let picture = try #require(try set.picture("stamps/a", caption: "red"))
    #expect(picture.mediaType == "image/png" && picture.caption == "red")
    #expect(picture.bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    let root = try temporaryFolder()
    try Data(picture.bytes).write(to: URL(fileURLWithPath: root + "/b.png"))
    var again = RenderStamps(size: 8)
    again.folder = InputFolder(root)
    let pixels = try await again.run(context()).open().pixels(at: 0)
    #expect(Array(pixels[(4 * 8 + 4) * 4..<(4 * 8 + 5) * 4]) == [255, 0, 0, 255])
    #expect(pixels[3] == 0)
    #expect(try set.picture("nothing") == nil)
  }

  @Test func `Broken and empty pictures are noted, and only all of them are an error`() async throws {
    let notes = Notes()
    let set = try await stamps([
      "a.svg": square, "b.png": "no picture",
      "c.svg": #"<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>"#,
    ]).run(context { if case .note(let text) = $0 { notes.add(text) } })
    #expect(try set.ids() == ["stamps/a"])
    #expect(notes.all.count == 2 && notes.all.allSatisfy { $0.hasPrefix("1 pictures") })
    await #expect(throws: OperationError.self) { _ = try await stamps(["b.png": "no picture"]).run(context()) }
  }

  @Test func `Pictures are the same on one thread and on several`() async throws {
    let drawings = Dictionary(
      uniqueKeysWithValues: (0..<80).map {
        (
          "\($0).svg",
          square.replacing("red", with: "rgb(\($0),\(255 - $0),9)").replacing(
            "width=\"64\"", with: "width=\"\($0 + 9)\"")
        )
      })
    let stage = try stamps(drawings)
    let one = try await stage.run(StageContext(scratch: temporaryFolder(), threads: 1))
    let four = try await stage.run(StageContext(scratch: temporaryFolder(), threads: 4))
    #expect(one.content.digest == four.content.digest)
  }
}

/// The notes of a stage, guarded by a lock.
private final class Notes: @unchecked Sendable {
  private let lock = NSLock()
  private var texts: [String] = []
  var all: [String] { lock.withLock { texts } }
  func add(_ text: String) { lock.withLock { texts.append(text) } }
}

/// On what Debian installs, where it is installed.
@Suite struct InstalledDataTests {
  private static func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
  private static let cldr =
    isThere("/usr/share/unicode/cldr/common/annotations/en.xml") && isThere("/usr/share/unicode/emoji/emoji-test.txt")
  private static let font = isThere("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf") && cldr
  private static let wordNet = isThere("/usr/share/wordnet/data.noun")

  @Test(.enabled(if: cldr)) func `CLDR names emoji in more than a hundred languages`() async throws {
    let pairs = try await ReadEmojiNames().run(StageContext(scratch: temporaryFolder(), threads: 2))
    var languages: [String: Set<String>] = [:]
    var marks = 0
    try pairs.forEach({ pair in
      for text in pair.texts {
        if text.text.contains("↑") { marks += 1 }
        if text.field == "name" { languages[text.language ?? "", default: []].insert(pair.id) }
      }
    })
    #expect(languages.count >= 120)
    #expect(languages.count { $0.value.count >= 1000 } >= 106)
    #expect(marks == 0)
    let dog = try pairs.all().first { $0.id == "1f436" }
    #expect(dog?.text(in: "de", field: "name") == "Hundegesicht" && dog?.text(in: "zh", field: "name") == "狗脸")
  }

  @Test(.enabled(if: font)) func `Every base emoji is one glyph, and the flag of France is not Clipperton's`()
    async throws
  {
    let notes = Notes()
    let context = StageContext(scratch: try temporaryFolder(), threads: 2) {
      if case .note(let text) = $0 { notes.add(text) }
    }
    let pictures = try await RenderEmoji(size: 16).run(context).open()
    #expect(pictures.count == 1861)
    #expect(pictures.position(of: "1f1eb-1f1f7") != nil && pictures.position(of: "1f1e8-1f1f5") == nil)
    #expect(notes.all.count == 1)
  }

  /// With the digits 0 to 99, MetaCLIP 1 counts 86,654 WordNet entries.
  @Test(.enabled(if: wordNet)) func `WordNet has as many synset names as the paper says`() async throws {
    let lists = try await ReadWordNet(entries: .synsetNames).run(StageContext(scratch: temporaryFolder(), threads: 2))
    #expect(try lists.texts(of: "en").count + 100 == 86_654)
  }
}
