/// An address on the web in its parts; any text is one, however malformed.
///
/// Source: RFC 3986, §5.2 and appendix B.
package struct WebAddress: Sendable {
  /// `http`, without colon.
  private var scheme: Substring?
  /// `example.org:80`, without slashes.
  private var authority: Substring?
  private var path: Substring
  /// Without question mark.
  private var query: Substring?
  /// Without number sign.
  private var fragment: Substring?

  /// Takes an address apart.
  /// - Parameter text: white space and control characters around it do not count, nor do tabs and line ends within
  ///   it, as in browsers.
  package init(_ text: String) {
    var rest = Self.withoutWhiteSpace(text)
    // From the end: a fragment may hold a question mark, a query may hold a colon or slashes.
    if let mark = rest.utf8.firstIndex(of: UInt8(ascii: "#")) {
      fragment = rest[rest.utf8.index(after: mark)...]
      rest = rest[..<mark]
    }
    if let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) {
      query = rest[rest.utf8.index(after: mark)...]
      rest = rest[..<mark]
    }

    if let colon = rest.utf8.firstIndex(of: UInt8(ascii: ":")), Self.isScheme(rest[..<colon]) {
      scheme = rest[..<colon]
      rest = rest[rest.utf8.index(after: colon)...]
    }
    if rest.utf8.starts(with: "//".utf8) {
      rest = rest[rest.utf8.index(rest.startIndex, offsetBy: 2)...]
      let end = rest.utf8.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
      authority = rest[..<end]
      rest = rest[end...]
    }
    path = rest
  }

  private static func withoutWhiteSpace(_ text: String) -> Substring {
    guard text.utf8.contains(where: \.isSpaceOrControl) else { return Substring(text) }
    let scalars = text.unicodeScalars.filter { $0 != "\t" && $0 != "\n" && $0 != "\r" }
    var rest = Substring(String(String.UnicodeScalarView(scalars.drop { $0 <= " " })))
    while let last = rest.unicodeScalars.last, last <= " " { rest.unicodeScalars.removeLast() }
    return rest
  }

  /// True when the address is absolute, of `http` or `https`, and names a host.
  package var isOfTheWeb: Bool {
    guard let scheme = scheme?.lowercased(), scheme == "http" || scheme == "https" else { return false }
    return !(authority ?? "").isEmpty
  }

  /// The address that another one, perhaps relative, means on this one's page.
  ///
  /// An address with a host stays unchanged, dots in its path too, as MetaCLIP's reference has it; a scheme without a
  /// host is ignored where it is the page's own.
  package func resolving(_ other: WebAddress) -> WebAddress {
    if let scheme = other.scheme, scheme.lowercased() != self.scheme?.lowercased() || other.authority != nil {
      return other
    }
    var result = other
    result.scheme = scheme
    if other.authority != nil { return result }
    result.authority = authority
    if other.path.isEmpty {
      result.path = path
      result.query = other.query ?? query
    } else if other.path.utf8.first == UInt8(ascii: "/") {
      result.path = Self.withoutDots(other.path)
    } else {
      result.path = Self.withoutDots(merged(with: other.path))
    }
    return result
  }

  /// The address as text.
  package var text: String {
    var text = ""
    if let scheme { text += "\(scheme):" }
    if let authority { text += "//\(authority)" }
    text += path
    if let query { text += "?\(query)" }
    if let fragment { text += "#\(fragment)" }
    return text
  }

  /// This path up to its last slash, followed by another.
  private func merged(with other: Substring) -> Substring {
    if path.isEmpty { return authority == nil ? other : "/" + other }
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return other }
    return path[...slash] + other
  }

  /// A path whose `.` and `..` have been followed.
  private static func withoutDots(_ path: Substring) -> Substring {
    var segments: [Substring.UTF8View.SubSequence] = []
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let isRooted = path.utf8.first == UInt8(ascii: "/")
    for (position, part) in parts.enumerated() {
      let isLast = position == parts.count - 1
      if part.elementsEqual(".".utf8) {
        if isLast { segments.append("".utf8[...]) }
      } else if part.elementsEqual("..".utf8) {
        if segments.count > (isRooted ? 1 : 0) { segments.removeLast() }
        if isLast { segments.append("".utf8[...]) }
      } else {
        segments.append(part)
      }
    }
    return Substring(segments.map { String(Substring($0)) }.joined(separator: "/"))
  }

  /// True for a letter, followed by letters, digits, `+`, `-` and `.`.
  private static func isScheme(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, first.isASCIILetter else { return false }
    return text.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "+-.".utf8.contains($0) }
  }
}
