internal import Core
internal import FileFormats
internal import Foundation
internal import TextFormatting

/// The changes in pictures: `pictures/1` pixel by pixel, encoded pictures and drawings side by side.
enum PicturesDifference {
  /// The most bytes of a picture that is put into a page.
  private static let sizeLimit = 1 << 22

  /// A picture that is in both sets and has other pixels.
  private struct Changed {
    let cells: ArtifactDifference.Row
    let rows: Sides<Int>
  }

  /// `pictures/1`: `pixels.npy`, bytes `[count, height, width, 4]`, and `ids.txt`.
  static func ofSets(_ contents: Sides<ArtifactContent>, limits: DifferenceLimits) throws -> Finding {
    let sets = try contents.map { try IdentifiedRows($0, array: "pixels.npy") }
    for set in sets.both where set.type != .uint8 || set.shape.count != 4 || set.shape[3] != 4 {
      throw OperationError(
        operation: "read pictures", subject: "pixels.npy",
        cause: "\(set.words) is not bytes [count, height, width, 4]")
    }

    let (before, after) = (sets.old, sets.new)
    let isSameSize = before.shape.dropFirst() == after.shape.dropFirst()
    var oldRows = before.rowsByID()
    var (same, added, resized) = (0, 0, 0)
    var changed = Ranked<Pair<Int, Int>, Changed>(limit: limits.rows)
    for row in 0..<after.count {
      guard let old = oldRows.removeValue(forKey: after.ids[row]) else {
        added += 1
        continue
      }
      guard isSameSize else {
        resized += 1
        continue
      }
      let pixels = Sides(before.bytes(old), after.bytes(row))
      if pixels.old.hasBytes(of: pixels.new) {
        same += 1
        continue
      }
      let found = differingPixels(pixels)
      let share = Double(found.count) / Double(max(1, pixels.old.count / 4))
      changed.add(
        Pair(-found.count, row),
        Changed(
          cells: [
            .init(after.id(row)), .init(NumberText.integer(found.count), .changed), .init(NumberText.share(share)),
            .init("\(found.largest)"),
          ], rows: Sides(old, row)))
    }

    let gone = oldRows.count
    let parts = NumberWords.list([
      (changed.count, changed.count == 1 ? "picture changed" : "pictures changed"), (resized, "of another size"),
      (added, "new"), (gone, "gone"), (same, "the same"),
    ])
    let sizes = sets.map { "\($0.shape[2]) × \($0.shape[1])" }
    let isOrderOnly = changed.count + resized + added + gone == 0
    var finding = Finding(
      headline: (isOrderOnly ? "the same pictures in another order" : parts)
        + (isSameSize ? "" : "; \(sizes.old) → \(sizes.new) pixels"),
      counts: [
        .init("pictures changed", changed.count), .init("pictures of another size", resized),
        .init("pictures new", added), .init("pictures gone", gone), .init("pictures the same", same),
      ])
    finding.add(
      ArtifactDifference.Section(
        "Changed pictures", columns: ["picture", "pixels that differ", "share", "largest step of 255"],
        rows: changed.items.map(\.cells), omitted: changed.omitted))
    for item in changed.items.prefix(limits.pictures) where before.width <= sizeLimit {
      finding.pictures.append(picturePair(item.rows, of: sets))
    }
    // The bytes of rows do not keep their files alive.
    withExtendedLifetime(sets) {}
    return finding
  }

  private static func differingPixels(_ pixels: Sides<UnsafeRawBufferPointer>) -> (count: Int, largest: Int) {
    let (a, b) = (pixels.old, pixels.new)
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

  private static func picturePair(
    _ rows: Sides<Int>, of sets: Sides<IdentifiedRows>
  ) -> ArtifactDifference.PicturePair {
    let (a, b) = (Array(sets.old.bytes(rows.old)), Array(sets.new.bytes(rows.new)))
    // Where nothing differs it is white; the larger the step, the darker and redder.
    let steps = stride(from: 0, to: a.count, by: 4).flatMap { pixel -> [UInt8] in
      let step = (pixel..<pixel + 4).map { abs(Int(a[$0]) - Int(b[$0])) }.max() ?? 0
      let other = UInt8(200 - step * 180 / 255)
      return step == 0 ? [255, 255, 255, 255] : [220, other, other, 255]
    }
    let (width, height) = (sets.new.shape[2], sets.new.shape[1])
    func image(_ pixels: [UInt8]) -> ArtifactDifference.PicturePair.Image {
      .init(
        mediaType: "image/png", base64: Data(PNG.encode(pixels, width: width, height: height)).base64EncodedString())
    }
    return .init(caption: sets.new.id(rows.new), old: image(a), new: image(b), difference: image(steps))
  }

  /// Two encoded pictures or drawings.
  static func ofFiles(_ files: Sides<MappedBytes>, limits: DifferenceLimits) throws -> Finding {
    let images = files.map { image($0.bytes) }
    for (file, image) in zip(files.both, images.both) where image == nil && file.bytes.count <= sizeLimit {
      throw file.fault("read a picture", cause: "its bytes are not PNG, JPEG, WebP, GIF or SVG")
    }

    var finding: Finding
    if images.both.allSatisfy({ $0?.mediaType == "image/svg+xml" }) {
      finding = TextDifference.of(files.map { tags($0.bytes) }, unit: "element", limits: limits)
    } else {
      finding = Finding(
        headline: anotherPicture(files.map(\.bytes.count)), counts: [.init("bytes", files.new.bytes.count)])
    }
    if images.old != nil || images.new != nil {
      finding.pictures.append(.init(caption: "", old: images.old, new: images.new, difference: nil))
    }
    return finding
  }

  private static func anotherPicture(_ sizes: Sides<Int>) -> String {
    let texts = sizes.map { NumberText.bytes(Int64($0)) }
    return "another picture, \(texts.old) → \(texts.new)"
  }

  /// An encoded picture with its caption, as `picture/1` has it.
  private struct Captioned {
    let image: ArtifactDifference.PicturePair.Image
    let byteCount: Int
    let caption: String

    /// - Throws: ``OperationError`` when the bytes are not those of `picture/1`.
    init(_ file: MappedBytes) throws {
      let value = try JSONValue(parsing: file)
      guard let data = value["bytes"]?.string.flatMap({ Data(base64Encoded: $0) }),
        let image = data.withUnsafeBytes({ PicturesDifference.image($0) }), let caption = value["caption"]?.string
      else { throw file.fault("read a picture", cause: "its bytes are not those of picture/1") }
      self.image = image
      self.caption = caption
      byteCount = data.count
    }
  }

  /// `picture/1`: JSON with the encoded bytes in Base64.
  static func ofValues(_ files: Sides<MappedBytes>) throws -> Finding {
    let pictures = try files.map { try Captioned($0) }
    let captions = pictures.map(\.caption)
    let isSame = pictures.old.image == pictures.new.image
    var finding = Finding(headline: isSame ? "another caption" : anotherPicture(pictures.map(\.byteCount)))
    if captions.old != captions.new {
      finding.sections.append(
        ArtifactDifference.Section(
          "Caption", columns: ["before", "after"],
          rows: [[.init(captions.old.shortened, .gone), .init(captions.new.shortened, .added)]]))
    }
    if !isSame {
      finding.pictures.append(
        .init(
          caption: captions.new.shortened, old: pictures.old.image, new: pictures.new.image, difference: nil))
    }
    return finding
  }

  /// A picture by its first bytes; `nil` for anything else, and for one that is too long for a page.
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
