//! Codes of countries (ISO 3166-1 alpha-2) and languages (ISO 639-1).

const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK \
FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM \
JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS \
MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM \
US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW ";

const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv \
dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja \
jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl \
nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te \
tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu ";

/// Bytes of a code with the space behind it.
const CODE: usize = 3;
/// The number of no country.
pub const NO_COUNTRY: u8 = 0;

/// True for the code of a country (`XK`, Kosovo, included).
#[must_use]
pub fn is_country(code: &str) -> bool {
    country_number(code) != NO_COUNTRY
}

/// The number of a country; [`NO_COUNTRY`] for what is no code of one. Numbers are for memory and not for storage: they move when the
/// list does.
#[must_use]
pub fn country_number(code: &str) -> u8 {
    place(COUNTRIES, code).and_then(|place| u8::try_from(place + 1).ok()).unwrap_or(NO_COUNTRY)
}

/// The country with a number.
#[must_use]
pub fn country(number: u8) -> Option<&'static str> {
    code_at(COUNTRIES, usize::from(number).checked_sub(1)?)
}

/// The place of a language in the list of languages.
#[must_use]
pub fn language_number(code: &str) -> Option<usize> {
    place(LANGUAGES, code)
}

/// The language at a place in the list.
#[must_use]
pub fn language(number: usize) -> Option<&'static str> {
    code_at(LANGUAGES, number)
}

fn code_at(codes: &str, place: usize) -> Option<&str> {
    codes.get(place * CODE..(place + 1) * CODE).map(str::trim_end)
}

/// The place of a code in an ascending list of them.
fn place(codes: &str, code: &str) -> Option<usize> {
    let [first, second] = *code.as_bytes() else { return None };
    codes.as_bytes().as_chunks::<CODE>().0.binary_search(&[first, second, b' ']).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_known_by_their_exact_form() {
        assert!(
            is_country("RO")
                && is_country("US")
                && !is_country("ro")
                && !is_country("ZZ")
                && !is_country("RO US")
        );
        assert!(
            language_number("ro").is_some()
                && language_number("RO").is_none()
                && language_number("").is_none()
        );
        assert!(language_number("zu").unwrap() < 192);
        assert_eq!((language_number("ro").and_then(language), language(183)), (Some("ro"), None));
        assert_eq!(
            ["RO", "AD", "ZW"].map(|code| country(country_number(code))),
            [Some("RO"), Some("AD"), Some("ZW")]
        );
        assert_eq!([country(NO_COUNTRY), country(251), country(country_number("ZZ"))], [None; 3]);
    }

    #[test]
    fn every_code_is_found_where_it_stands() {
        for (codes, count) in [(COUNTRIES, 250), (LANGUAGES, 183)] {
            let all: Vec<&str> = codes.split_terminator(' ').collect();
            assert_eq!(all.len(), count);
            let places = || all.iter().map(|code| place(codes, code));
            assert!(places().eq((0..count).map(Some)), "{:?}", places().collect::<Vec<_>>());
        }
    }
}
