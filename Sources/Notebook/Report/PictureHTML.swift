internal import Core
internal import Foundation

/// Raster pictures in a page.
enum PictureHTML {
  /// The picture as a `data:` address; `nil` for a type that is not a raster format that browsers know.
  static func source(_ picture: Picture) -> String? {
    guard fileExtension(picture) != nil else { return nil }
    return "data:\(picture.mediaType.lowercased());base64,\(Data(picture.bytes).base64EncodedString())"
  }

  /// The file name's ending for the picture's type; `nil` for a type that a report does not show.
  static func fileExtension(_ picture: Picture) -> String? {
    ["image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"][picture.mediaType.lowercased()]
  }

  /// Pictures in a grid, each with its caption.
  static func grid(_ pictures: [Picture]) -> HTML {
    var html: HTML = #"<div class="pictures">"#
    for picture in pictures {
      html += "<figure>"
      if let source = source(picture) {
        html += #"<img src="\#(source)" alt="\#(picture.caption)">"#
      } else {
        html += """
          <p class="absent">A picture of the type “\(picture.mediaType)” is not shown: use PNG, JPEG or WebP.</p>
          """
      }
      if !picture.caption.isEmpty { html += #"<figcaption dir="auto">\#(picture.caption)</figcaption>"# }
      html += "</figure>"
    }
    html += "</div>\n"
    return html
  }
}
