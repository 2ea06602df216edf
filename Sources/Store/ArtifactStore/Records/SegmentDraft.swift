internal import Core

/// A segment that is about to be written.
struct SegmentDraft {
  /// The records, where the index needs them.
  var lines: [RecordSegment.Line] = []
  /// The segment's bytes: lines with their line breaks.
  var bytes: [UInt8] = []
  /// The objects of the records' outputs, and whether each is a tree.
  var outputs: [ObjectID: Bool] = [:]

  /// The bytes' SHA-256, with which both names begin.
  var base: String { Digest(of: bytes).hexadecimal }

  /// The folder that names the objects of the outputs, each after itself.
  var objects: Tree {
    Tree(outputs.map { Tree.Entry(name: $0.key.hexadecimal, id: $0.key, isTree: $0.value) })
  }

  /// The entries of a segment in a tree of records.
  static func entries(base: String, segment: ObjectID, objects: ObjectID) -> [Tree.Entry] {
    [
      Tree.Entry(name: base + RecordSegment.suffix, id: segment, isTree: false),
      Tree.Entry(name: base + RecordSegment.objectsSuffix, id: objects, isTree: true),
    ]
  }

  /// Segments of at most half the length that one may have, with all the lines in their order.
  static func split(_ lines: [RecordSegment.Line]) -> [SegmentDraft] {
    var parts: [SegmentDraft] = []
    for line in lines {
      if parts.last.map({ $0.bytes.count + line.json.count > RecordSegment.byteLimit / 2 }) ?? true {
        parts.append(SegmentDraft())
      }
      parts[parts.count - 1].add(line)
    }
    return parts
  }

  private mutating func add(_ line: RecordSegment.Line) {
    lines.append(line)
    bytes += line.json
    bytes.append(UInt8(ascii: "\n"))
    for file in line.record.output.files { outputs[file.object] = file.chunked }
  }
}
