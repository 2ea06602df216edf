public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads what the pictures of GeoDE show and where they were taken: 40 kinds of object in six regions.
///
/// `index.csv` has the columns `file_name`, `object` and `region`; a column `ip_country` is read where there is one. A pair for each
/// picture: `id` and `image` are the file's name without its ending, `group` the object, the texts `region` and `country`. Classes to
/// choose among come from ``NameGroups``, the pictures from ``RenderPictures``. Source: Ramaswamy and others, “GeoDE: a Geographically
/// Diverse Evaluation Dataset for Object Recognition”, arXiv 2301.02560.
public struct ReadGeoDE: Stage {
  public var file: InputFile

  /// - Parameter file: `index.csv`.
  public init(file: InputFile) { self.file = file }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> Pairs {
    var table = try CSVFile(path: file.path, columns: ["file_name", "object", "region"])
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    var seen: Set<String> = []
    var faults = FaultCounts(examples: 5)
    while let record = try table.next() {
      guard case .success(let row) = record else {
        if case .failure(let fault) = record {
          faults.add("records have another number of fields than the first", "line \(fault.line)")
        }
        continue
      }
      let image = FolderPath.stem(row["file_name"] ?? "")
      let object = (row["object"] ?? "").stripped
      guard !image.isEmpty, !object.isEmpty else {
        faults.add("records have no picture or no object", image.isEmpty ? "line \(table.line)" : image)
        continue
      }
      guard seen.insert(image).inserted else {
        faults.add("pictures were there before and are left out", image)
        continue
      }
      let texts = [("region", "region"), ("ip_country", "country")].compactMap { column, field in
        row[column].map(\.stripped).flatMap { $0.isEmpty ? nil : PairText($0, field: field, language: "en") }
      }
      try writer.write(Pair(id: image, image: image, texts: texts, group: object))
    }
    try faults.check(kept: writer.count, operation: "read GeoDE", subject: file.path)
    faults.note(in: context)
    return try writer.finish()
  }
}
