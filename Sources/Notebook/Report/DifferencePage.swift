internal import Core
package import Differences
internal import TextFormatting

/// Differences as one HTML page that loads nothing and runs no script; names and contents are escaped.
package struct DifferencePage {
  private let title: String
  private let differences: [ArtifactDifference]
  private let notes: [String]

  /// - Parameters:
  ///   - title: the two sides of the comparison, in words.
  ///   - differences: in the order in which they are shown.
  ///   - notes: further lines under the title, such as the artifacts that are new.
  package init(title: String, differences: [ArtifactDifference], notes: [String] = []) {
    self.title = title
    self.differences = differences
    self.notes = notes
  }

  /// The whole page.
  package var page: String {
    var html: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\
      default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="generator" content="Colophon">
      <title>\(title)</title>
      <style>\(HTML(safe: Self.style))</style>
      </head>
      <body>
      <main>
      <h1><bdi>\(title)</bdi></h1>

      """
    if !notes.isEmpty {
      html += "<ul>"
      for note in notes { html += "<li><bdi>\(note)</bdi></li>" }
      html += "</ul>\n"
    }
    if differences.count > 1 {
      html += "<ol>"
      for (number, difference) in differences.enumerated() {
        html += """
          <li><a href="#d\(number)"><bdi>\(difference.name)</bdi></a> <bdi>\(difference.headline)</bdi></li>
          """
      }
      html += "</ol>\n"
    }
    for (number, difference) in differences.enumerated() { html += section(difference, number) }
    html += "</main>\n</body>\n</html>\n"
    return html.string
  }

  private func section(_ difference: ArtifactDifference, _ number: Int) -> HTML {
    var html: HTML = """
      <section id="d\(number)">
      <h2><bdi>\(difference.name)</bdi> <small><bdi>\(difference.format)</bdi></small></h2>
      <p><bdi>\(difference.headline)</bdi></p>
      <p class="quiet">\(NumberText.bytes(difference.old.byteCount)) → \(NumberText.bytes(difference.new.byteCount)),
      <code>\(difference.old.digest.short)</code> → <code>\(difference.new.digest.short)</code>
      """
    if let shared = difference.shared, shared.bytes > 0 {
      html += "; \(NumberText.bytes(shared.bytes)) of \(NumberText.bytes(shared.of)) are stored once for both"
    }
    html += "</p>\n"

    // Names and texts of artifacts are isolated, so that one in another direction does not turn the rest.
    for section in difference.sections { html += table(section) }
    if !difference.pictures.isEmpty {
      html += """
        <table class="pictures"><thead><tr><th>picture</th><th>before</th><th>after</th>\
        <th>difference</th></tr></thead><tbody>

        """
      for pair in difference.pictures {
        html += """
          <tr><th scope="row"><bdi>\(pair.caption)</bdi></th>\(image(pair.old, "before"))\
          \(image(pair.new, "after"))\(image(pair.difference, "difference"))</tr>

          """
      }
      html += "</tbody></table>\n"
    }
    html += "</section>\n"
    return html
  }

  private func table(_ section: ArtifactDifference.Section) -> HTML {
    var html: HTML = "<h3><bdi>\(section.title)</bdi></h3>\n"
    if !section.note.isEmpty { html += #"<p class="quiet"><bdi>\#(section.note)</bdi></p>\#n"# }

    // A section without columns is a text that is shown line by line.
    if section.columns.isEmpty {
      html += "<pre>"
      for row in section.rows {
        for cell in row { html += #"<span class="\#(cell.mark.rawValue)"><bdi>\#(cell.text)</bdi></span>"# }
        html += "\n"
      }
      html += "</pre>\n"
    } else {
      html += #"<div class="scroll"><table><thead><tr>"#
      for column in section.columns { html += #"<th scope="col"><bdi>\#(column)</bdi></th>"# }
      html += "</tr></thead><tbody>\n"
      for row in section.rows {
        html += "<tr>"
        for cell in row { html += #"<td class="\#(cell.mark.rawValue)"><bdi>\#(cell.text)</bdi></td>"# }
        html += "</tr>\n"
      }
      html += "</tbody></table></div>\n"
    }

    if section.omitted > 0 { html += #"<p class="quiet">… and \#(section.omitted) more</p>\#n"# }
    return html
  }

  /// An `img` runs no script, not even of a drawing, and its bytes are Base64, so that they cannot leave the
  /// attribute.
  private func image(_ image: ArtifactDifference.PicturePair.Image?, _ words: String) -> HTML {
    guard let image else { return "<td></td>" }
    return #"<td><img alt="\#(words)" src="data:\#(image.mediaType);base64,\#(image.base64)"></td>"#
  }

  private static let style = """
    :root{color-scheme:light dark;--paper:#fffefb;--ink:#23211d;--quiet:#6b665c;--rule:#e3ddd0;\
    --added:#1c6b2a;--gone:#b3261e;--changed:#8a4b08;--outside:#8b2252}
    @media(prefers-color-scheme:dark){:root{--paper:#1b1916;--ink:#ddd8cc;--quiet:#a39d90;--rule:#3a362f;\
    --added:#7ccf8a;--gone:#ff8a7a;--changed:#e0a566;--outside:#e293b8}}
    body{margin:0;background:var(--paper);color:var(--ink);\
    font:16px/1.5 system-ui,-apple-system,"Segoe UI","Noto Sans",sans-serif}
    main{max-width:72rem;margin:0 auto;padding:2rem 1.25rem 4rem}
    h1{font-size:1.6rem}h2{font-size:1.25rem;margin:2.5rem 0 .3rem;\
    border-top:1px solid var(--rule);padding-top:1rem}h3{font-size:1rem;margin:1.4rem 0 .3rem}
    small,.quiet{color:var(--quiet);font-size:.86rem;font-weight:400}
    .scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.88rem}
    th,td{text-align:start;padding:.18rem .9rem .18rem 0;border-bottom:1px solid var(--rule);vertical-align:top}
    thead th{color:var(--quiet);font-weight:400}
    pre{overflow-x:auto;font-size:.82rem;line-height:1.45}code{font-size:.9em}
    .added{color:var(--added)}.gone{color:var(--gone)}.changed{color:var(--changed)}\
    .outside{color:var(--outside);font-weight:600}
    .pictures img{max-width:18rem;max-height:18rem;min-width:4rem;image-rendering:pixelated;\
    background:#fff;border:1px solid var(--rule)}
    """
}
