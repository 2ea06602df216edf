import Datasets
import Testing

@Suite struct LanguageCodeTests {
  @Test(arguments: [
    ("bat_smg", "sgs"), ("be_tarask", "be_TARASK"), ("cbk_zam", "cbk"), ("fiu_vro", "vro"), ("map_bms", "map_bms"),
    ("nds_nl", "nds_NL"), ("roa_rup", "rup"), ("roa_tara", "roa_tara"), ("zh_classical", "lzh"), ("zh_min_nan", "nan"),
    ("zh_yue", "yue"),
  ])
  func `The eleven codes with a low line stay but in CLDR's spelling`(_ wiki: String, _ cldr: String) {
    #expect(WikipediaCodes.wikipedia.language(wiki) == wiki)
    #expect(WikipediaCodes.joined.language(wiki) == wiki)
    #expect(WikipediaCodes.cldr.language(wiki) == cldr)
    #expect(WikipediaCodes.wikipedia.language(wiki.replacing("_", with: "-")) == wiki)
  }

  @Test(arguments: [
    ("tl", "tl", "fil", "fil"), ("sh", "sh", "sr_Latn", "sr_Latn"), ("als", "als", "als", "gsw"),
    ("simple", "simple", "simple", "en_SIMPLE"), ("no", "no", "no", "no"), ("pnb", "pnb", "pnb", "pa_Arab"),
    ("be-x-old", "be_tarask", "be_tarask", "be_TARASK"), ("en", "en", "en", "en"), ("mhr", "mhr", "mhr", "mhr"),
  ])
  func `Two languages are joined with what CLDR calls them`(
    _ wiki: String, _ plain: String, _ joined: String, _ cldr: String
  ) {
    #expect(WikipediaCodes.wikipedia.language(wiki) == plain)
    #expect(WikipediaCodes.joined.language(wiki) == joined)
    #expect(WikipediaCodes.cldr.language(wiki) == cldr)
  }
}
