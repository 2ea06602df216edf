/// The spelling of language codes in what a stage makes of Wikipedia's data.
///
/// In all spellings `-` becomes `_`, and `be_x_old` is `be_tarask`, as its wiki is called today.
public enum WikipediaCodes: String, Codable, Sendable, CaseIterable {
  /// Wikipedia's codes: `zh_yue`, `als`, `tl`. Source: MetaCLIP 2, reference code.
  case wikipedia
  /// Wikipedia's codes, but for two languages that CLDR's names and the identification of languages have under another
  /// code, so that they are not split in two: `tl` is `fil`, `sh` is `sr_Latn`. A code with `_` stays, since the part
  /// before it decides the group of a language.
  case joined
  /// CLDR's codes: `yue`, `gsw`, `fil`, `lzh`.
  case cldr

  /// The language of a wiki.
  /// - Parameter code: as a dump's name or a web address writes it: `zh_yue` or `zh-yue`.
  package func language(_ code: some StringProtocol) -> String {
    var spelled = String(code.map { $0 == "-" ? "_" : $0 })
    if spelled == "be_x_old" { spelled = "be_tarask" }
    switch self {
    case .wikipedia: return spelled
    case .joined: return ["tl", "sh"].contains(spelled) ? LanguageCodes.wikipediaToCLDR[spelled] ?? spelled : spelled
    case .cldr: return LanguageCodes.wikipediaToCLDR[spelled] ?? spelled
    }
  }
}
