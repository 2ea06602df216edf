internal import Core
internal import Foundation

/// What changed in pictures: `pictures/1` pixel by pixel, encoded pictures and drawings side by side.
enum PicturesDifference {
  /// A picture larger than this is not put into a page.
  private static let sizeLimit = 1 << 22

  /// `pictures/1`: `pixels.npy`, bytes `[count, height, width, 4]`, and `ids.txt`.
  static func fill(
    _ difference: inout ArtifactDifference, sets old: ArtifactContent, _ new: ArtifactContent,
    _ limits: DifferenceLimits
  ) throws {
    let before = try IdentifiedRows(old, "pixels.npy")
    let after = try IdentifiedRows(new, "pixels.npy")
    for rows in [before, after] where rows.type != .uint8 || rows.shape.count != 4 || rows.shape[3] != 4 {
      throw OperationError(
        operation: "read pictures", subject: "pixels.npy", cause: "\(rows.words) is not bytes [count, height, width, 4]"
      )
    }
    let sameSize = before.shape.dropFirst() == after.shape.dropFirst()
    var places = before.places()
    var (same, added, resized) = (0, 0, 0)
    var changed = Ranked<Pair<Int, Int>, (row: [ArtifactDifference.Cell], old: Int, new: Int)>(limit: limits.rows)
    for row in 0..<after.count {
      guard let old = places.removeValue(forKey: after.ids[row]) else {
        added += 1
        continue
      }
      guard sameSize else {
        resized += 1
        continue
      }
      let (a, b) = (before.bytes(old), after.bytes(row))
      if a.hasBytes(of: b) {
        same += 1
        continue
      }
      let found = pixels(a, b)
      let share = Double(found.count) / Double(max(1, a.count / 4)) * 100
      changed.add(
        Pair(-found.count, row),
        (
          [
            .init(after.id(row)), .init(NumberWords.whole(found.count), .changed),
            .init(NumberWords.short(share) + " %"),
            .init("\(found.largest)"),
          ],
          old, row
        ))
    }
    let gone = places.count
    let parts = NumberWords.list([
      (changed.count, changed.count == 1 ? "picture changed" : "pictures changed"), (resized, "of another size"),
      (added, "new"),
      (gone, "gone"),
      (same, "the same"),
    ])
    difference.headline = changed.count + resized + added + gone == 0 ? "the same pictures in another order" : parts
    if !sameSize {
      difference.headline += "; \(before.shape[2]) × \(before.shape[1]) → \(after.shape[2]) × \(after.shape[1]) pixels"
    }
    difference.counts = [
      .init("pictures changed", changed.count), .init("pictures of another size", resized),
      .init("pictures new", added),
      .init("pictures gone", gone), .init("pictures the same", same),
    ]
    if changed.count > 0 {
      difference.sections.append(
        ArtifactDifference.Section(
          "Changed pictures", columns: ["picture", "pixels that differ", "share", "largest step of 255"],
          rows: changed.items.map(\.row),
          omitted: changed.omitted))
    }
    for item in changed.items.prefix(limits.pictures) where before.width <= sizeLimit {
      difference.pictures.append(pair(after.id(item.new), before, item.old, after, item.new))
    }
    withExtendedLifetime((before, after)) {}
  }

  private static func pixels(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> (count: Int, largest: Int) {
    var count = 0
    var largest = 0
    for pixel in stride(from: 0, to: a.count, by: 4) {
      var differs = false
      for channel in pixel..<pixel + 4 where a[channel] != b[channel] {
        differs = true
        largest = max(largest, abs(Int(a[channel]) - Int(b[channel])))
      }
      if differs { count += 1 }
    }
    return (count, largest)
  }

  private static func pair(
    _ caption: String, _ before: IdentifiedRows, _ old: Int, _ after: IdentifiedRows, _ new: Int
  ) -> ArtifactDifference.PicturePair {
    let (a, b) = (Array(before.bytes(old)), Array(after.bytes(new)))
    let (width, height) = (after.shape[2], after.shape[1])
    // Where nothing differs it is white; the larger the step, the darker and redder.
    let steps = stride(from: 0, to: a.count, by: 4).flatMap { pixel -> [UInt8] in
      let step = (pixel..<pixel + 4).map { abs(Int(a[$0]) - Int(b[$0])) }.max() ?? 0
      return step == 0
        ? [255, 255, 255, 255] : [220, UInt8(200 - step * 180 / 255), UInt8(200 - step * 180 / 255), 255]
    }
    func image(_ pixels: [UInt8]) -> ArtifactDifference.PicturePair.Image {
      .init(
        mediaType: "image/png", base64: Data(PNG.encode(pixels, width: width, height: height)).base64EncodedString())
    }
    return .init(caption: caption, old: image(a), new: image(b), difference: image(steps))
  }

  /// Two encoded pictures or drawings.
  static func fill(
    _ difference: inout ArtifactDifference, encoded old: MappedFile, _ new: MappedFile, _ limits: DifferenceLimits,
    title: String = ""
  ) throws {
    let prefix = title.isEmpty ? "" : title + ": "
    let (before, after) = (image(old.bytes), image(new.bytes))
    for (file, image) in [(old, before), (new, after)] where image == nil && !isLong(file) {
      throw file.fault("read a picture", "its bytes are no PNG, JPEG, WebP, GIF or SVG")
    }
    if before?.mediaType == "image/svg+xml", after?.mediaType == "image/svg+xml" {
      try TextDifference.fill(&difference, tags(old.bytes), tags(new.bytes), limits, title: title, unit: "element")
    } else {
      difference.headline =
        prefix
        + "another picture, \(NumberWords.bytes(Int64(old.bytes.count))) → \(NumberWords.bytes(Int64(new.bytes.count)))"
      difference.counts.append(.init(prefix + "bytes", new.bytes.count))
    }
    guard difference.pictures.count < limits.pictures, before != nil || after != nil else { return }
    difference.pictures.append(
      .init(caption: title.isEmpty ? difference.name : title, old: before, new: after, difference: nil))
  }

  private static func isLong(_ file: MappedFile) -> Bool { file.bytes.count > sizeLimit }

  /// `picture/1`: JSON with the encoded bytes in Base64.
  static func fill(
    _ difference: inout ArtifactDifference, value old: MappedFile, _ new: MappedFile, _ limits: DifferenceLimits
  ) throws {
    func read(_ file: MappedFile) throws -> (image: ArtifactDifference.PicturePair.Image, count: Int, caption: String) {
      let value = try JSONDifference.parse(file)
      guard case .string(let base64)? = value["bytes"], let data = Data(base64Encoded: base64),
        let image = data.withUnsafeBytes({ image($0) }), case .string(let caption)? = value["caption"]
      else { throw file.fault("read a picture", "its bytes are not those of picture/1") }
      return (image, data.count, caption)
    }
    let (before, after) = (try read(old), try read(new))
    let isSame = before.image == after.image
    difference.headline =
      isSame
      ? "another caption"
      : "another picture, \(NumberWords.bytes(Int64(before.count))) → \(NumberWords.bytes(Int64(after.count)))"
    if before.caption != after.caption {
      difference.sections.append(
        ArtifactDifference.Section(
          "Caption", columns: ["before", "after"],
          rows: [[.init(before.caption.shortened, .gone), .init(after.caption.shortened, .added)]]))
    }
    if !isSame, limits.pictures > 0 {
      difference.pictures.append(
        .init(caption: after.caption.shortened, old: before.image, new: after.image, difference: nil))
    }
  }

  /// A picture by its first bytes; `nil` for anything else, and for what is too long for a page.
  private static func image(_ bytes: UnsafeRawBufferPointer) -> ArtifactDifference.PicturePair.Image? {
    guard bytes.count <= sizeLimit else { return nil }
    let start = Array(bytes.prefix(12))
    let mediaType: String
    if start.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      mediaType = "image/png"
    } else if start.starts(with: [0xFF, 0xD8, 0xFF]) {
      mediaType = "image/jpeg"
    } else if start.starts(with: Array("GIF8".utf8)) {
      mediaType = "image/gif"
    } else if start.starts(with: Array("RIFF".utf8)), start.dropFirst(8).starts(with: Array("WEBP".utf8)) {
      mediaType = "image/webp"
    } else if let text = bytes.validText, text.contains("<svg") {
      mediaType = "image/svg+xml"
    } else {
      return nil
    }
    return .init(mediaType: mediaType, base64: Data(bytes).base64EncodedString())
  }

  /// A drawing cut before each element.
  private static func tags(_ bytes: UnsafeRawBufferPointer) -> [UnsafeRawBufferPointer] {
    var tags: [UnsafeRawBufferPointer] = []
    var start = 0
    for position in bytes.indices where bytes[position] == UInt8(ascii: "<") && position > start {
      tags.append(UnsafeRawBufferPointer(rebasing: bytes[start..<position]))
      start = position
    }
    if start < bytes.count { tags.append(UnsafeRawBufferPointer(rebasing: bytes[start...])) }
    return tags
  }
}
