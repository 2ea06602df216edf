public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads pictures and their texts from Common Crawl's metadata files (WAT).
///
/// A pair for each picture of each page: the texts of the picture's `alt`, `title` and `data-image-title`, as fields
/// of these names. The picture's id is made from its address, ``imageID(address:)``; the pair's id is that, a dot,
/// and sixteen digits made from the page's address, so that it does not depend on the file. A picture that is on a
/// page several times is one pair with all its texts; of a page that was fetched several times, the first record
/// counts. Only `http` and `https` count.
///
/// Source: MetaCLIP 2, §3.1, and its reference code, whose ids these are where a page has no `<base>`.
public struct ReadWAT: Stage {
  /// Files of WARC records, compressed or not.
  public var folder: InputFolder
  /// True to note a file that ends early and take its whole records; otherwise it is an error.
  public var allowsEarlyEnd = false

  private static let operation = "read WAT"
  /// The digits of SHA-224 that are a picture's id, and those of SHA-256 that are the page's part of a pair's id.
  private static let imageDigits = 24
  private static let pageDigits = 16

  /// Reads the files of a folder.
  public init(_ folder: InputFolder) { self.folder = folder }

  /// Reads the files of a folder that end with `.wat` or `.wat.gz`.
  /// - Parameter path: the folder.
  public init(folder path: String) { folder = InputFolder(path, suffixes: [".wat", ".wat.gz"]) }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the pairs in the order of files, pages and pictures. Records and pictures that cannot be used are left out
  /// and noted.
  /// - Throws: ``OperationError`` when a file cannot be read, ends early or does not hold WARC records, or no picture
  ///   can be used.
  public func run(_ context: StageContext) async throws -> Pairs {
    let inputs = try folder.files().map { PairShards.Input(name: $0.relativePath, path: $0.path) }
    return try await PairShards(
      inputs: inputs, operation: Self.operation, subject: folder.path, allowsEarlyEnd: allowsEarlyEnd
    )
    .collect(context, Self.read)
  }

  /// The id of the picture at an address: the first 24 hexadecimal digits of the SHA-224 of the address without tabs
  /// and spaces.
  public static func imageID(address: String) -> String {
    String(SHA224.hash(address.utf8.filter { !$0.isSpaceOrTab }).hexadecimal.prefix(imageDigits))
  }

  private static func read(_ input: PairShards.Input, _ sink: PairSink) throws {
    let reader = try LineReader(path: input.path)
    var page: String?
    var isInHeader = false
    var hasRecord = false

    // Lines of a record's header up to an empty one, then its content, of which only an object of JSON counts.
    while let line = try reader.next() {
      if line.number.isMultiple(of: 64) { try sink.report(position: reader.compressedPosition) }
      if line.isTooLong {
        sink.addFault("lines are longer than \(reader.limit >> 20) MiB", number: line.number)
      } else if line.bytes.starts(with: "WARC/1.".utf8) {
        page = nil
        isInHeader = true
        hasRecord = true
      } else if !hasRecord {
        throw OperationError(operation: operation, subject: input.path, cause: "it does not begin with a WARC record")
      } else if isInHeader {
        if line.bytes.isEmpty || line.bytes.elementsEqual([.carriageReturn]) {
          isInHeader = false
        } else if let address = value(of: "warc-target-uri:", in: line.bytes) {
          page = address
        }
      } else if line.bytes.first == UInt8(ascii: "{") {
        guard line.isTerminated || JSONCursor.fault(in: line.bytes)?.kind != .syntax else {
          throw OperationError(
            operation: operation, subject: input.path,
            cause: "it ends early, within line \(line.number): get it again", endsEarly: true)
        }
        if let page {
          try add(line, of: page, to: sink)
        } else {
          sink.addFault("records have no WARC-Target-URI", number: line.number)
        }
        // A record has one line of JSON.
        page = nil
      }
    }
  }

  /// Adds the pictures of one page.
  private static func add(_ line: LineReader.Line, of page: String, to sink: PairSink) throws {
    let metadata: PageMetadata
    do {
      metadata = try PageMetadata(line.bytes)
    } catch {
      return try sink.add(PairRecord.fault(error, in: line.bytes), number: line.number)
    }

    // A page's `<base>` may be relative to the page.
    let own = WebAddress(page)
    let base = metadata.base.map { own.resolving(WebAddress($0)) } ?? own
    var texts: [String: [PairText]] = [:]
    // The pictures in the order of the page, each once.
    var order: [String] = []
    for link in metadata.links {
      let address = base.resolving(WebAddress(link.address))
      guard address.isOfTheWeb else {
        sink.addFault("pictures have no address on the web", number: line.number, String(address.text.prefix(40)))
        continue
      }
      let image = imageID(address: address.text)
      if texts[image] == nil { order.append(image) }
      for text in link.texts where !(texts[image]?.contains(text) ?? false) { texts[image, default: []].append(text) }
    }

    let suffix = "." + Digest(of: page).hexadecimal.prefix(pageDigits)
    for image in order {
      try sink.add(Pair(id: image + suffix, image: image, texts: texts[image] ?? []), number: line.number)
    }
  }

  /// The value of a header line, when it has that name.
  /// - Parameter name: in lower case, with its colon.
  private static func value(of name: String, in line: UnsafeRawBufferPointer) -> String? {
    guard line.count >= name.utf8.count, zip(line, name.utf8).allSatisfy({ $0.lowercasedASCII == $1 || $0 == $1 })
    else { return nil }
    let value = String(decoding: line.dropFirst(name.utf8.count), as: UTF8.self).stripped
    // Early writers put it between < and >.
    return value.hasPrefix("<") && value.hasSuffix(">") ? String(value.dropFirst().dropLast()) : value
  }
}
