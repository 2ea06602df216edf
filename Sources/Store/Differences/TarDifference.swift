internal import Core
internal import FileFormats
internal import TextFormatting

/// The changes in a tar archive: members by their names.
enum TarDifference {
  private struct Member {
    let name: String
    let range: Range<Int>
  }

  static func of(_ archives: Sides<MappedBytes>, limits: DifferenceLimits) throws -> Finding {
    let members = try archives.map { try Self.members(of: $0) }
    var ranges = Dictionary(members.old.map { ($0.name, $0.range) }) { first, _ in first }
    var (same, changed, added) = (0, 0, 0)
    var rows: [ArtifactDifference.Row] = []
    func note(_ kind: ArtifactDifference.Cell, _ name: String, sizes: Sides<Int?>) {
      guard rows.count < limits.rows else { return }
      let texts = sizes.map { $0.map(NumberText.integer) ?? "" }
      rows.append([kind, .init(name.shortened), .init(texts.old), .init(texts.new)])
    }
    for member in members.new {
      guard let range = ranges.removeValue(forKey: member.name) else {
        added += 1
        note(.init("new", .added), member.name, sizes: Sides(nil, member.range.count))
        continue
      }
      if archives.old[range].hasBytes(of: archives.new[member.range]) {
        same += 1
      } else {
        changed += 1
        note(.init("changed", .changed), member.name, sizes: Sides(range.count, member.range.count))
      }
    }
    // Of several members of one name only the first can be gone.
    for member in members.old where ranges[member.name] == member.range {
      note(.init("gone", .gone), member.name, sizes: Sides(member.range.count, nil))
    }

    let gone = ranges.count
    let parts = NumberWords.list([
      (changed, changed == 1 ? "member changed" : "members changed"), (added, "new"), (gone, "gone"),
      (same, "the same"),
    ])
    var finding = Finding(
      headline: changed + added + gone == 0 ? "the same members, packed otherwise" : parts,
      counts: [
        .init("members changed", changed), .init("members new", added), .init("members gone", gone),
        .init("members the same", same),
      ])
    finding.add(
      ArtifactDifference.Section(
        "Members", columns: ["", "member", "bytes before", "after"], rows: rows,
        omitted: changed + added + gone - rows.count))
    return finding
  }

  /// The members of an archive in the formats ustar, GNU and pax, folders and links included.
  /// - Throws: ``OperationError`` when the archive is damaged or ends without its end mark.
  private static func members(of file: MappedBytes) throws -> [Member] {
    let bytes = file.bytes
    var members: [Member] = []
    var longName: [UInt8]?
    var position = 0
    while position + TarHeader.blockSize <= bytes.count {
      func fault(_ cause: String) -> OperationError {
        file.fault("read a tar archive", at: "byte \(position)", cause: cause)
      }
      let block = file[position..<position + TarHeader.blockSize]
      if block.allSatisfy({ $0 == 0 }) { return members }
      guard let header = TarHeader(block) else { throw fault("a header's check sum or a number is wrong") }
      let start = position + TarHeader.blockSize
      guard header.size <= bytes.count - start else { throw fault("a member claims more bytes than there are") }

      let range = start..<start + header.size
      switch header.type {
      case UInt8(ascii: "L"): longName = Array(file[range].prefix { $0 != 0 })
      case UInt8(ascii: "x"):
        do throws(PaxFields.Wrong) { longName = try PaxFields(file[range]).path ?? longName } catch {
          throw fault(error.cause)
        }
      case UInt8(ascii: "g"): break
      default:
        members.append(Member(name: String(decoding: longName ?? header.name, as: UTF8.self), range: range))
        longName = nil
      }
      position = range.upperBound + TarHeader.padding(after: header.size)
    }
    throw file.fault("read a tar archive", cause: "it ends without an end mark")
  }
}
