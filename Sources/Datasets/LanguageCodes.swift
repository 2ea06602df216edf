/// Language codes of other sources in CLDR's spelling.
///
/// CLDR leaves a language's usual script and region out: `zh` is written in simplified characters, `pt` is Brazil's. Source: CLDR
/// 41, `likelySubtags.xml` and `languageAlias` of `supplementalMetadata.xml`.
enum LanguageCodes {
  private static let aliases = [
    "az_Latn": "az", "bs_Latn": "bs", "gug": "gn", "ha_NG": "ha", "iw": "he", "nb": "no", "plt": "mg", "pt": "pt_PT",
    "pt_BR": "pt", "quz": "qu", "sr_Cyrl": "sr", "sr_latin": "sr_Latn", "tl": "fil", "tzm_Latn": "tzm", "uz_Latn": "uz",
    "zh_CN": "zh", "zh_Hans": "zh", "zh_TW": "zh_Hant", "emk_Latn": "emk",
  ]

  /// - Parameter code: as POSIX (`ca@valencia`), BCP 47 (`sr-Latn`) or CLDR writes it.
  /// - Parameter plainPortugueseIsEuropean: gettext's `pt` is Portugal's, as there is a `pt_BR`; elsewhere it is Brazil's.
  static func cldr(_ code: some StringProtocol, plainPortugueseIsEuropean: Bool = false) -> String {
    let spelled = code.map { $0 == "-" || $0 == "@" ? "_" : String($0) }.joined()
    if spelled == "pt", !plainPortugueseIsEuropean { return spelled }
    return aliases[spelled] ?? spelled
  }
}
