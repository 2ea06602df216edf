/// How a stage that reads Wikipedia's data names its languages.
///
/// In all of them `-` becomes `_`, and `be_x_old` is `be_tarask`, as its wiki is called today.
public enum WikipediaCodes: String, Codable, Sendable, CaseIterable {
  /// As Wikipedia writes them: `zh_yue`, `als`, `tl`. What MetaCLIP 2's reference does.
  case wikipedia
  /// As Wikipedia writes them, but for two languages that names from CLDR and the identification of languages file under another
  /// code, so that they are not split in two: `tl` is `fil`, `sh` is `sr_Latn`. A code with `_` stays, since the group of a
  /// language goes by what stands before it.
  case joined
  /// As CLDR writes them: `yue`, `gsw`, `fil`, `lzh`.
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
