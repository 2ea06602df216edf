public import ArtifactTypes
public import Core
internal import Counting
internal import FileFormats
internal import Imaging

/// Reads titles, descriptions and keywords of the Open Clip Art Library: a noisy, skewed pool, mostly English, as the
/// web is.
///
/// The language of a text is not stated; ``IdentifyLanguages`` guesses it. The pictures come from
/// ``RenderOpenclipart``.
public struct ReadOpenclipart: Stage {
  /// The drawings, from the Debian package openclipart-svg.
  public var folder = InputFolder("/usr/share/openclipart/svg", suffixes: [".svg"])
  /// The number of drawings to read at most, evenly spread over the folders; all when `nil`.
  public var limit: Int?

  /// Reads the drawings of the Debian package.
  /// - Parameter limit: how many drawings to read at most; all when `nil`.
  public init(limit: Int? = nil) { self.limit = limit }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the texts in the order of the drawings' paths. Links to other drawings, and drawings without texts, are
  /// left out and noted.
  /// - Throws: ``OperationError`` when the folder cannot be read or no drawing has texts.
  public func run(_ context: StageContext) async throws -> Pairs {
    let all = try folder.files()
    let files = all.filter { !$0.isLink }
    // Files are sorted by their folders, so that every n-th is spread over all of them.
    let chosen =
      limit.map { limit in
        limit >= files.count ? files : (0..<limit).map { files[$0 * files.count / limit] }
      } ?? files
    let read = try await concurrentMap(
      count: chosen.count, threads: context.threads, progress: { context.progress($0, of: chosen.count, "drawings") },
      { index in try DrawingDescription(path: chosen[index].path) })

    var faults = FaultCounts()
    for file in all where file.isLink { faults.add("drawings are links to others and are left out", file.relativePath) }
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    for (file, description) in zip(chosen, read) {
      if !description.isUTF8 { faults.add("drawings are not in UTF-8 and were read as Latin-1", file.relativePath) }
      var seen: Set<String> = []
      let texts = description.texts.filter { seen.insert($0.text).inserted }
      if texts.isEmpty {
        faults.add("drawings have neither title nor keywords", file.relativePath)
        continue
      }
      let id = "openclipart/" + file.stem
      let group = file.relativePath.split(separator: "/").dropLast().first.map(String.init)
      try writer.write(Pair(id: id, image: id, texts: texts, group: group))
    }

    try faults.check(kept: writer.count, operation: "read the clip art", subject: folder.path)
    faults.note(in: context)
    return try writer.finish()
  }
}

/// The description of an SVG drawing in its metadata.
private struct DrawingDescription: Sendable {
  var texts: [PairText] = []
  let isUTF8: Bool

  init(path: String) throws {
    var bytes = try FileBytes.read(path)
    isUTF8 = String(validating: bytes, as: UTF8.self) != nil
    if !isUTF8 { bytes = Array(String(latin1: bytes).utf8) }
    texts = bytes.withUnsafeBytes { Self.read($0) }
  }

  /// Title, description and subject of the work itself; those of its author and publisher do not count.
  private static func read(_ bytes: UnsafeRawBufferPointer) -> [PairText] {
    var reader = MarkupReader(bytes)
    var texts: [PairText] = []
    // The open agents are counted, and the subject is noted: both hold elements with the same names.
    var agents = 0
    var isInSubject = false
    var field: String?
    while let event = reader.next() {
      switch event {
      case .start(let tag, let isEmpty):
        field = nil
        guard !isEmpty else { continue }
        if isAgent(tag.name) {
          agents += 1
        } else if tag.name.is("dc:subject") {
          isInSubject = true
        } else if agents == 0, tag.name.is("dc:title") {
          field = "title"
        } else if agents == 0, tag.name.is("dc:description") {
          field = "description"
        } else if isInSubject, tag.name.is("rdf:li") {
          field = "keyword"
        }

      case .end(let name):
        field = nil
        if isAgent(name) { agents -= 1 }
        if name.is("dc:subject") { isInSubject = false }
        if name.is("metadata") { return texts }

      case .text(let span):
        guard let found = field else { continue }
        let text = span.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if !text.isEmpty { texts.append(PairText(text, field: found)) }
      }
    }
    return texts
  }

  private static func isAgent(_ name: MarkupReader.Span) -> Bool { name.is("cc:Agent") || name.is("Agent") }
}
