/// What a line's bytes stand for: links to elsewhere, tags, entities, quotation marks, switches.
struct WikitextInline {
  private let text: WikitextSource
  private var lines: WikitextLines
  /// Within `[http://… label]`, and whether the label has begun.
  private var link: Link?

  private enum Link {
    case address, label
  }

  init(_ text: WikitextSource, _ lines: WikitextLines) {
    self.text = text
    self.lines = lines
  }

  mutating func finish() -> UnsafeBufferPointer<UInt8> {
    lines.endLine()
    return lines.text
  }

  /// Notes that something stood here that is no text.
  mutating func leaveOut() { lines.hasGap = true }

  /// Text of `<nowiki>`: only entities mean something.
  mutating func takeVerbatim(_ range: Range<Int>) {
    if lines.isAtStart { lines.beginsVerbatim = true }
    var position = range.lowerBound
    while position < range.upperBound {
      switch text[position] {
      case UInt8(ascii: "&"): position = entity(position, range.upperBound)
      case 10:
        lines.endLine()
        lines.beginsVerbatim = true
        position += 1
      default:
        lines.append(text[position])
        position += 1
      }
    }
  }

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

  private mutating func markup(_ position: Int, _ end: Int) -> Int {
    switch text[position] {
    case 10:
      lines.endLine()
      link = nil
      return position + 1
    case UInt8(ascii: "'"):
      let count = min(text.run(at: position), end - position)
      lines.quote(count)
      return position + count
    case UInt8(ascii: "&"): return entity(position, end)
    case UInt8(ascii: "<"): return tag(position, end)
    case UInt8(ascii: "["):
      guard isAddress(position + 1, end) else { break }
      link = .address
      lines.hasGap = true
      return skipAddress(position + 1, end)
    case UInt8(ascii: "]"):
      guard link != nil else { break }
      link = nil
      return position + 1
    case UInt8(ascii: "_"):
      guard let after = behaviourSwitch(position, end) else { break }
      lines.hasGap = true
      return after
    default:
      // A carriage return.
      return position + 1
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
    if found.scalar == "\n" { lines.append(32) } else { lines.append(found.scalar) }
    return position + found.count
  }

  private mutating func tag(_ position: Int, _ end: Int) -> Int {
    guard let tag = WikitextTag(text, at: position), tag.end <= end else {
      lines.append(text[position])
      return position + 1
    }
    lines.hasGap = true
    if tag.treatment != .inline, lines.isHeading {
      lines.append(32)
    } else if tag.treatment != .inline, tag.treatment != .verbatim {
      lines.endLine()
    }
    return tag.end
  }

  /// Whether `http://`, `//` or the like stands here.
  private func isAddress(_ position: Int, _ end: Int) -> Bool {
    if end - position > 2, text[position] == UInt8(ascii: "/"), text[position + 1] == UInt8(ascii: "/") { return true }
    var colon = position
    while colon < end, colon - position < 8, (text[colon] | 0x20) &- 97 < 26 { colon += 1 }
    guard colon < end, text[colon] == UInt8(ascii: ":"), colon > position else { return false }
    let scheme = String(decoding: text[position..<colon], as: UTF8.self).lowercased()
    if text[colon + 1] == UInt8(ascii: "/"), text[colon + 2] == UInt8(ascii: "/") {
      return [
        "http", "https", "ftp", "ftps", "irc", "ircs", "gopher", "telnet", "nntp", "git", "svn", "ssh", "sftp", "mms",
      ]
      .contains(scheme)
    }
    return ["mailto", "news", "urn", "geo", "tel", "sip", "xmpp", "bitcoin", "magnet"].contains(scheme)
  }

  /// Goes past an address and the space behind it.
  private mutating func skipAddress(_ start: Int, _ end: Int) -> Int {
    var position = start
    while position < end, text[position] > 32, !"]<[\"".utf8.contains(text[position]),
      !(text[position] == UInt8(ascii: "'") && text[position + 1] == UInt8(ascii: "'"))
    {
      position += 1
    }
    guard position < end else { return position }
    link = .label
    while position < end, text[position] == 32 || text[position] == 9 { position += 1 }
    return position
  }

  /// Behind `__TOC__`, in capitals or a script of the wiki's own.
  private func behaviourSwitch(_ position: Int, _ end: Int) -> Int? {
    let start = position + 2
    guard start < end, text[position + 1] == UInt8(ascii: "_") else { return nil }
    var next = start
    while next < end, next - start < 96, text[next] &- 65 < 26 || text[next] >= 0x80 { next += 1 }
    guard next > start + 1, next + 1 < end, text[next] == UInt8(ascii: "_"), text[next + 1] == UInt8(ascii: "_") else {
      return nil
    }
    return next + 2
  }
}
