internal import Core

/// What changed in a tar archive: members by their names.
enum TarDifference {
  private struct Member {
    var name: String
    var range: Range<Int>
  }

  static func fill(
    _ difference: inout ArtifactDifference, _ old: MappedFile, _ new: MappedFile, _ limits: DifferenceLimits,
    title: String = ""
  ) throws {
    let before = try members(old)
    let after = try members(new)
    var places = Dictionary(before.map { ($0.name, $0.range) }) { first, _ in first }
    var (same, changed, added) = (0, 0, 0)
    var rows: [[ArtifactDifference.Cell]] = []
    func row(_ kind: String, _ mark: ArtifactDifference.Mark, _ name: String, _ old: Int?, _ new: Int?) {
      guard rows.count < limits.rows else { return }
      rows.append([
        .init(kind, mark), .init(name.shortened), .init(old.map(NumberWords.whole) ?? ""),
        .init(new.map(NumberWords.whole) ?? ""),
      ])
    }
    for member in after {
      if let range = places.removeValue(forKey: member.name) {
        if old[range].hasBytes(of: new[member.range]) {
          same += 1
        } else {
          changed += 1
          row("changed", .changed, member.name, range.count, member.range.count)
        }
      } else {
        added += 1
        row("new", .added, member.name, nil, member.range.count)
      }
    }
    for member in before where places[member.name] == member.range {
      row("gone", .gone, member.name, member.range.count, nil)
    }
    let prefix = title.isEmpty ? "" : title + ": "
    let parts = NumberWords.list([
      (changed, changed == 1 ? "member changed" : "members changed"), (added, "new"), (places.count, "gone"),
      (same, "the same"),
    ])
    difference.headline = prefix + (changed + added + places.count == 0 ? "the same members, packed otherwise" : parts)
    difference.counts += [
      .init(prefix + "members changed", changed), .init(prefix + "members new", added),
      .init(prefix + "members gone", places.count),
      .init(prefix + "members the same", same),
    ]
    if !rows.isEmpty {
      difference.sections.append(
        ArtifactDifference.Section(
          prefix + "Members", columns: ["", "member", "bytes before", "after"], rows: rows,
          omitted: changed + added + places.count - rows.count))
    }
  }

  /// The members of an archive in the formats ustar, GNU and pax. Source: POSIX.1-2024, pax.
  private static func members(_ file: MappedFile) throws -> [Member] {
    let bytes = file.bytes
    var members: [Member] = []
    var longName: String?
    var position = 0
    while position + 512 <= bytes.count {
      let header = file[position..<position + 512]
      if header.allSatisfy({ $0 == 0 }) { return members }
      func fault(_ cause: String) -> OperationError { file.fault("read a tar archive", at: "byte \(position)", cause) }
      guard let sum = octal(header, 148..<156),
        sum == header.indices.reduce(0, { $0 + ((148..<156).contains($1) ? 32 : Int(header[$1])) })
      else { throw fault("a header's check sum is wrong") }
      guard let size = octal(header, 124..<136), size <= bytes.count - position - 512 else {
        throw fault("a member claims more bytes than there are")
      }
      let range = position + 512..<position + 512 + size
      switch header[156] {
      case UInt8(ascii: "L"): longName = text(file[range], 0..<size)
      case UInt8(ascii: "x"): longName = paxPath(file[range]) ?? longName
      case UInt8(ascii: "g"): break
      default:
        let prefix = header[257..<262].elementsEqual("ustar".utf8) && header[263] != 32 ? text(header, 345..<500) : ""
        let name = text(header, 0..<100)
        members.append(Member(name: longName ?? (prefix.isEmpty ? name : "\(prefix)/\(name)"), range: range))
        longName = nil
      }
      position = range.upperBound + (512 - size % 512) % 512
    }
    throw file.fault("read a tar archive", "it ends without an end mark")
  }

  private static func text(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
    String(decoding: bytes[range].prefix { $0 != 0 }, as: UTF8.self)
  }

  /// `nil` for anything but an octal number.
  private static func octal(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    let digits = text(bytes, range).trimmingSpaces
    return digits.isEmpty ? 0 : Int(digits, radix: 8).flatMap { $0 >= 0 ? $0 : nil }
  }

  /// The path in a pax header, whose records are `LENGTH KEY=VALUE` and a line feed.
  private static func paxPath(_ bytes: UnsafeRawBufferPointer) -> String? {
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      if let found = line.firstRange(of: " path=") { return String(line[found.upperBound...]) }
    }
    return nil
  }
}

extension String {
  fileprivate var trimmingSpaces: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
