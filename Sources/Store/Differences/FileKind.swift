internal import Core

/// The kind of a file, by which it is compared.
enum FileKind: Sendable {
  case jsonLines, json, csv, npy, safetensors, svg, tar
  /// A `Table` as canonical JSON.
  case table
  /// An encoded picture.
  case picture
  /// Text, line by line.
  case lines
  /// Anything else.
  case bytes

  /// - Parameters:
  ///   - name: the file's name; its extension decides.
  ///   - format: the artifact's format: `table/1` and `json/…` are JSON with any name.
  init(of name: String, format: String) {
    switch format {
    case "table/1": self = .table
    case _ where format.hasPrefix("json/"): self = .json

    default:
      switch name.split(separator: ".").last.map({ $0.lowercased() }) ?? "" {
      case "jsonl", "ndjson": self = .jsonLines
      // A training's log is a table.
      case "json": self = format == "clip/1" && name == "log.json" ? .table : .json
      case "csv": self = .csv
      case "npy": self = .npy
      case "safetensors": self = .safetensors
      case "svg": self = .svg
      case "png", "jpg", "jpeg", "webp", "gif": self = .picture
      case "tar": self = .tar
      case "txt", "md", "tsv", "yaml", "yml", "swift", "html", "lock", "log": self = .lines
      default: self = .bytes
      }
    }
  }
}
