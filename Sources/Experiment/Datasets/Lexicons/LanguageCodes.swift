/// Language codes of other sources in CLDR's spelling, and Wikipedia's codes.
///
/// CLDR leaves a language's usual script and region out: `zh` is written in simplified characters, `pt` is Brazil's.
/// Source: CLDR 41, `likelySubtags.xml` and `languageAlias` of `supplementalMetadata.xml`.
enum LanguageCodes {
  private static let aliases = [
    "az_Latn": "az", "bs_Latn": "bs", "emk_Latn": "emk", "gug": "gn", "ha_NG": "ha", "iw": "he", "nb": "no",
    "plt": "mg", "pt": "pt_PT", "pt_BR": "pt", "quz": "qu", "sr_Cyrl": "sr", "sr_latin": "sr_Latn", "tl": "fil",
    "tzm_Latn": "tzm", "uz_Latn": "uz", "zh_CN": "zh", "zh_Hans": "zh", "zh_TW": "zh_Hant",
  ]

  /// A code as CLDR writes it.
  /// - Parameters:
  ///   - code: as POSIX (`ca@valencia`), BCP 47 (`sr-Latn`) or CLDR writes it.
  ///   - plainPortugueseIsEuropean: gettext's `pt` is Portugal's, as there is a `pt_BR`; elsewhere it is Brazil's.
  static func cldr(_ code: some StringProtocol, plainPortugueseIsEuropean: Bool = false) -> String {
    let spelled = code.map { $0 == "-" || $0 == "@" ? "_" : String($0) }.joined()
    if spelled == "pt", !plainPortugueseIsEuropean { return spelled }
    return aliases[spelled] ?? spelled
  }

  /// Wikipedia's codes that CLDR writes in another way; all others are CLDR's too, or CLDR has none.
  ///
  /// Of the eleven with `_`, `map_bms` (Banyumasan) and `roa_tara` (Tarantino) have no code of their own anywhere and
  /// stay. `als` is Alemannic, not Tosk Albanian; `nrm` Norman, not Narom. CLDR's macrolanguages are not followed
  /// (`mhr` → `chm`): that would join wikis of different languages. Source: CLDR 41, `languageAlias`; IANA's language
  /// subtag registry for `en_SIMPLE` and `be_TARASK`; Wikimedia, “Special language codes”.
  static let wikipediaToCLDR = [
    "als": "gsw", "bat_smg": "sgs", "be_tarask": "be_TARASK", "bh": "bho", "cbk_zam": "cbk", "fiu_vro": "vro",
    "mo": "ro_Cyrl", "nb": "no", "nds_nl": "nds_NL", "nrm": "nrf", "pnb": "pa_Arab", "roa_rup": "rup",
    "sh": "sr_Latn", "simple": "en_SIMPLE", "tl": "fil", "zh_classical": "lzh", "zh_min_nan": "nan", "zh_yue": "yue",
  ]

  /// Wikipedias, their codes as web addresses write them; closed ones too, since old articles link to them.
  ///
  /// Source: Wikimedia, “List of Wikipedias”.
  private static let wikipedias = Set(
    """
    aa ab ace ady af ak als alt am ami an ang ann anp ar arc ary arz as ast atj av avk
    awa ay az azb ba ban bar bat-smg bbc bcl bdr be be-tarask be-x-old bew bg bh bi bjn
    blk bm bn bo bpy br bs btm bug bxr ca cbk-zam cdo ce ceb ch cho chr chy ckb co cr
    crh cs csb cu cv cy da dag de dga din diq dsb dtp dty dv dz ee el eml en eo es et eu
    ext fa fat ff fi fiu-vro fj fo fon fr frp frr fur fy ga gag gan gcr gd gl glk gn gom
    gor got gpe gsw gu guc gur guw gv ha hak haw he hi hif ho hr hsb ht hu hy hyw hz ia
    iba id ie ig igl ii ik ilo inh io is it iu ja jam jbo jv ka kaa kab kaj kbd kbp kcg
    kg kge ki kj kk kl km kn knc ko koi kr krc ks ksh ku kus kv kw ky la lad lb lbe lez
    lfn lg li lij lld lmo ln lo lrc lt ltg lv lzh mad mai map-bms mdf mg mh mhr mi min
    mk ml mn mni mnw mo mos mr mrj ms mt mus mwl my myv mzn na nah nan nap nb nds nds-nl
    ne new ng nia nl nn no nov nqo nr nrm nso nup nv ny oc olo om or os pa pag pam pap
    pcd pcm pdc pfl pi pih pl pms pnb pnt ps pt pwn qu rm rmy rn ro roa-rup roa-tara rsk
    ru rue rup rw sa sah sat sc scn sco sd se sg sgs sh shi shn si simple sk skr sl sm
    smn sn so sq sr srn ss st stq su sv sw syl szl szy ta tay tcy tdd te tet tg th ti
    tig tk tl tly tn to tpi tr trv ts tt tum tw ty tyv udm ug uk ur uz ve vec vep vi vls
    vo vro wa war wo wuu xal xh xmf yi yo yue za zea zgh zh zh-classical zh-min-nan
    zh-yue zu
    """
    .split(whereSeparator: \.isWhitespace).map(String.init))

  /// True when there is or was a Wikipedia of this code, as its web address writes it.
  static func isWikipedia(_ code: String) -> Bool { wikipedias.contains(code) }
}
