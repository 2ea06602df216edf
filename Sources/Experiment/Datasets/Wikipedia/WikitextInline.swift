/// Converts what is left of wikitext within lines: links to other sites, tags, entities, quotation marks, switches.
struct WikitextInline {
  private let text: WikitextSource
  private var lines: WikitextLines
  /// The part of `[http://… label]` that is read; `nil` outside such a link.
  private var link: Link?

  private enum Link {
    case address, label
  }

  /// The longest scheme of an address and name of a switch that are looked at, in bytes.
  private static let longestScheme = 8
  private static let longestSwitch = 96

  /// Schemes of addresses that have `//` after the colon, and those that do not. Source: MediaWiki, `$wgUrlProtocols`.
  private static let schemesWithHost: Set<String> = [
    "http", "https", "ftp", "ftps", "irc", "ircs", "gopher", "telnet", "nntp", "git", "svn", "ssh", "sftp", "mms",
  ]
  private static let schemesWithoutHost: Set<String> = [
    "mailto", "news", "urn", "geo", "tel", "sip", "xmpp", "bitcoin", "magnet",
  ]

  init(_ text: WikitextSource, _ lines: WikitextLines) {
    self.text = text
    self.lines = lines
  }

  /// Ends the last line.
  /// - Returns: the text of the page.
  mutating func finish() -> UnsafeBufferPointer<UInt8> {
    lines.endLine()
    return lines.text
  }

  /// Notes that something is left out here.
  mutating func leaveOut() { lines.hasGap = true }

  /// Takes text that stands for something that is left out; a line feed ends the line.
  mutating func insert(_ text: StaticString) {
    text.withUTF8Buffer { bytes in
      for byte in bytes { if byte == .lineFeed { lines.endLine() } else { lines.append(byte) } }
    }
    lines.hasGap = true
  }

  /// Takes the text of `<nowiki>`, in which only entities mean something.
  mutating func takeVerbatim(_ range: Range<Int>) {
    if lines.isAtStart { lines.beginsVerbatim = true }
    var position = range.lowerBound
    while position < range.upperBound {
      switch text[position] {
      case UInt8(ascii: "&"): position = entity(position, range.upperBound)
      case .lineFeed:
        lines.endLine()
        lines.beginsVerbatim = true
        position += 1
      default:
        lines.append(text[position])
        position += 1
      }
    }
  }

  /// Converts a range without spans that are left out.
  /// - Parameter special: by byte, whether it may begin markup.
  mutating func convert(_ range: Range<Int>, _ special: UnsafeBufferPointer<Bool>) {
    var position = range.lowerBound
    if link == .address { position = skipAddress(position, range.upperBound) }
    while position < range.upperBound {
      let start = position
      while position < range.upperBound, !special[Int(text[position])] { position += 1 }
      if position > start { lines.append(text[start..<position]) }
      guard position < range.upperBound else { return }
      position = markup(position, range.upperBound)
    }
  }

  // The methods below take the position of a byte and the end of the range, and return the position after what they
  // used.

  private mutating func markup(_ position: Int, _ end: Int) -> Int {
    switch text[position] {
    case .lineFeed:
      lines.endLine()
      link = nil
      return position + 1
    case .carriageReturn: return position + 1
    case UInt8(ascii: "'"):
      let count = min(text.run(at: position), end - position)
      lines.quote(count)
      return position + count
    case UInt8(ascii: "&"): return entity(position, end)
    case UInt8(ascii: "<"): return tag(position, end)

    // These three are markup only in the right place, and characters everywhere else.
    case UInt8(ascii: "["):
      guard isAddress(position + 1, end) else { break }
      link = .address
      lines.hasGap = true
      return skipAddress(position + 1, end)
    case UInt8(ascii: "]"):
      guard link != nil else { break }
      link = nil
      return position + 1
    default:
      guard let after = behaviourSwitch(position, end) else { break }
      lines.hasGap = true
      return after
    }
    lines.append(text[position])
    return position + 1
  }

  private mutating func entity(_ position: Int, _ end: Int) -> Int {
    guard let found = WikitextEntities.scalar(text[position..<end]) else {
      lines.append(text[position])
      return position + 1
    }
    if lines.isAtStart { lines.beginsVerbatim = true }
    if found.scalar == "\n" { lines.append(.space) } else { lines.append(found.scalar) }
    return position + found.count
  }

  private mutating func tag(_ position: Int, _ end: Int) -> Int {
    guard let tag = WikitextTag(text, at: position), tag.end <= end else {
      lines.append(text[position])
      return position + 1
    }
    lines.hasGap = true
    if tag.treatment != .inline, lines.isHeading {
      lines.append(.space)
    } else if tag.treatment != .inline, tag.treatment != .verbatim {
      lines.endLine()
    }
    return tag.end
  }

  /// True when `http://`, `//`, `mailto:` or a similar beginning of an address is here.
  private func isAddress(_ position: Int, _ end: Int) -> Bool {
    if end - position > 2, isDoubleSlash(position) { return true }
    var colon = position
    while colon < end, colon - position < Self.longestScheme, text[colon].isASCIILetter { colon += 1 }
    guard colon < end, text[colon] == UInt8(ascii: ":"), colon > position else { return false }
    let scheme = String(decoding: text[position..<colon], as: UTF8.self).lowercased()
    return (isDoubleSlash(colon + 1) ? Self.schemesWithHost : Self.schemesWithoutHost).contains(scheme)
  }

  private func isDoubleSlash(_ position: Int) -> Bool {
    text[position] == UInt8(ascii: "/") && text[position + 1] == UInt8(ascii: "/")
  }

  /// Goes past an address and the space after it.
  private mutating func skipAddress(_ start: Int, _ end: Int) -> Int {
    var position = start
    while position < end, !text[position].isSpaceOrControl, !"]<[\"".utf8.contains(text[position]),
      !(text[position] == UInt8(ascii: "'") && text[position + 1] == UInt8(ascii: "'"))
    {
      position += 1
    }
    guard position < end else { return position }
    link = .label
    while position < end, text[position].isSpaceOrTab { position += 1 }
    return position
  }

  /// The position after `__TOC__`, in capitals or a script of the wiki's own; `nil` for any other `_`.
  private func behaviourSwitch(_ position: Int, _ end: Int) -> Int? {
    let start = position + 2
    guard start < end, text[position + 1] == UInt8(ascii: "_") else { return nil }
    var next = start
    while next < end, next - start < Self.longestSwitch, text[next].isASCIIUppercase || !text[next].isASCII {
      next += 1
    }
    let isClosed = next + 1 < end && text[next] == UInt8(ascii: "_") && text[next + 1] == UInt8(ascii: "_")
    return isClosed && next > start + 1 ? next + 2 : nil
  }
}
