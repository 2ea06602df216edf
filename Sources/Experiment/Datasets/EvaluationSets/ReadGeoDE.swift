public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads the objects on the pictures of GeoDE and the places where they were taken: 40 kinds of object in six regions.
///
/// `index.csv` has the columns `file_name`, `object` and `region`; a column `ip_country` is read where there is one.
/// A pair for each picture: `id` and `image` are the file's name without its ending, `group` the object, the texts
/// `region` and `country`. Classes to choose among come from ``NameGroups``, the pictures from ``RenderPictures``.
/// Source: Ramaswamy and others, “GeoDE: a Geographically Diverse Evaluation Dataset for Object Recognition”, arXiv
/// 2301.02560.
public struct ReadGeoDE: Stage {
  /// The table of the pictures.
  public var file: InputFile

  /// Reads one table.
  /// - Parameter file: `index.csv`.
  public init(file: InputFile) { self.file = file }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the objects in the order of the table; of several records of one picture the first.
  /// - Throws: ``OperationError`` when a column is missing or no record can be used. A record that cannot be used is
  ///   not an error; it is noted.
  public func run(_ context: StageContext) async throws -> Pairs {
    var table = try CSVFile(path: file.path, columns: ["file_name", "object", "region"])
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    var seen: Set<String> = []
    var faults = FaultCounts(examples: 5)
    while let row = try table.nextRow(faults: &faults) {
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
