//! Words that say little of what a brief is about. All are folded.

use super::glossary::Language;
use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

/// How much a word may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Say {
    /// It holds a sentence together: nothing by itself.
    Nothing,
    /// Nearly every brief has it: little beside another word of a term, nothing without one.
    Little,
    /// What its rarity tells.
    Much,
}

const ENGLISH: &str = "a about all also an any are as at be been by can could do does each every few for from get gets had \
    has have he her his how i if in into is it its just let like many me more most must my need needs no not of on only our \
    own s she should so some such t than that the their them then there these they this those to too try until up us very \
    want wants was we were what when where which while who whose why will with would you your";

const ROMANIAN: &str = "a acea aceasta aceea acei acel acele acelor acest acesta aceste acestor acesti al ala ale alt alta \
    alte alti am ar asa as asta astea asupra atat atunci au avea avem aveti avut azi ba ca caci catre ce cea cei cel cele celor \
    cea chiar ci cineva cu cui cum de deci decat deja despre din dintr dintre doar dar daca deoarece dupa e ea ei el ele este eu \
    fara fi fiecare fiind fost iar ii il imi in inainte inca intr intre isi iti la le li lor lui lua m ma mai mea mei mele mereu \
    meu mi mie mod ne nici niciun nimic noastra noastre noi nostri nostru nu o ori orice oricum pai pana pe pentru peste prea \
    prin printr sa sau se si sunt suntem sunteti spre ta te toate toata toti totul tu tuturor un una unde unei unele unii \
    unor unui unul va vi voi vom vor vreau vrea vrem dori dorim doresc vreo vreun \
    abia acolo adica aici aia al altceva altfel am aproape asadar astfel ati ca cand cata cati catorva cateva cativa cate \
    cele cu cum daca desi destul deloc departe drept fiindca imi impreuna incat insa intotdeauna intrucat iti langa \
    macar mult multa multe multi nimeni niciodata niste numai oricand oricare oricat oricine parca poate poti printre putin putina \
    putine putini sai sau sa sus tai tale tau tocmai totodata totusi trebuie uneori undeva vostru voastra vostri vrei vreti \
    asemenea atat atata atatea datorita indiferent";

/// Romanian words of the above sort that are words of another meaning in English.
const ROMANIAN_OR_ENGLISH: &str = "ai care cat cate face fac date pot sub tot sale";

const OF_BRIEFS: &str = "campaign campaigns campanie campania campanii campaniei budget budgets buget bugetul bugete influencer \
    influencers influenceri influencerii influencerilor influenceri influencerita influencerite micro nano mega brand brands brandul brandului branduri \
    brandurile creator creators creatori creatorii creatorilor creatoare creatoarea content continut continutul looking look \
    find finding seek seeking search cautam caut cautare gasim gasi gasiti promote promotes promoting promotion promovam \
    promova promovare promovarea launch launches launching lansam lansa lansare lansarea lanseaza product products produs \
    produse produsul produsele produsului company companie compania firma firmei agency agentie marketing advertising ads \
    reclama reclame publicitate client clients clienti customers online audience audiences audienta public publicul target \
    followers follower urmaritori abonati lei ron euro euros eur usd dollar dollars money bani post posts postare postari reel \
    reels story stories instagram tiktok youtube facebook romania romanian romanians roman romani romana romanesc romanesti bucharest bucuresti \
    cluj iasi timisoara collaboration collaborations colaborare colaborari colaboram partnership parteneriat partners parteneri \
    ambassador ambassadors ambasador ambasadori people person oameni oamenii persoane young tineri tinere fan fans lovers lover \
    iubitori pasionati pasionate enthusiasts owners tips sfaturi ideas idea idei idee inspiration inspiratie community communities comunitate comunitatea \
    comunitati comunitatii blogger bloggers bloggeri bloggerite vorbesc vorbeste vorbim talk talks talking share shares authentic autentic \
    autentici autentice real reale month months luna luni week weeks saptamana year years an ani quality calitate \
    service services servicii new nou noua noi best good great cool top small big mic mica mici mare mari local locala \
    help ajuta ajute nevoie interested interesati interest project proiect proiecte first prima primul special speciale \
    everyday everything make makes making made facem facut use uses using easy simple buy cumpara life viata love";

/// What is known of a common word.
#[derive(Clone, Copy)]
struct Common {
    say: Say,
    /// Above 0: it holds Romanian sentences together; below 0: English ones.
    romanian: i32,
}

/// Numbers, days, months, and what letters and orders are made of, whatever they are about.
const OF_LETTERS: &str = "one two three four five six seven eight nine ten twelve fifteen twenty thirty forty fifty sixty hundred \
    thousand third unu doi doua trei patru cinci sase sapte opt noua zece douazeci treizeci suta sute mie mii \
    monday tuesday wednesday thursday friday saturday sunday luni marti miercuri joi vineri sambata duminica january february \
    march april june july august september october november december ianuarie februarie martie aprilie mai iunie iulie \
    septembrie octombrie noiembrie decembrie day days zi ziua zile hour hours ora ore minute minutes minut week \
    weekly tomorrow today maine astazi next viitoare viitor please thank thanks hello dear regards send sent attached see \
    discussed discuss question reply answer ok test multumesc multumim buna bun rog trimite trimiteti trimit astept \
    asteptam raspuns raspunsul revenim revin frumos dumneavoastra free gratuit gratuita delivery livrare \
    work working open opening deschidem honest sincer sincere calm warm funny small medium large \
    things lucruri way back start launch spring summer autumn primavara vara toamna";

static WORDS: LazyLock<HashMap<&'static str, Common>> = LazyLock::new(|| {
    let lists = [
        (OF_BRIEFS, Say::Little, 0),
        (OF_LETTERS, Say::Little, 0),
        (ENGLISH, Say::Nothing, -1),
        (ROMANIAN, Say::Nothing, 1),
    ];
    let mut words: HashMap<&'static str, Common> = HashMap::new();
    for (list, say, romanian) in lists {
        for word in list.split_whitespace() {
            let common = words.entry(word).or_insert(Common { say, romanian: 0 });
            *common = Common { say, romanian: common.romanian + romanian };
        }
    }
    words
});

/// Words of many texts about anything, English ones before the bar. They are no slips of others.
pub(super) const ORDINARY: &str = include_str!("ordinary.txt");

static EITHER: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| ROMANIAN_OR_ENGLISH.split_whitespace().collect());

static IS_ORDINARY: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| ORDINARY.split_whitespace().filter(|word| *word != "|").collect());

/// True for a word that is no slip, and no form of another that happens to look like it.
pub(super) fn is_ordinary(word: &str) -> bool {
    IS_ORDINARY.contains(word)
}

/// How much a word of a term of the taxonomy says.
pub(super) fn of_term(word: &str) -> Say {
    // Briefs count followers in thousands: 10k.
    let is_number = word.strip_suffix('k').unwrap_or(word).bytes().all(|byte| byte.is_ascii_digit());
    WORDS.get(word).map_or(if is_number { Say::Little } else { Say::Much }, |common| common.say)
}

/// The language of a text, by the words that hold its sentences together; `None`: there is none more of one than of the other.
pub(super) fn language(words: &[&str]) -> Option<Language> {
    match words.iter().filter_map(|word| WORDS.get(word)).map(|common| common.romanian).sum::<i32>() {
        1.. => Some(Language::Romanian),
        0 => None,
        _ => Some(Language::English),
    }
}

/// How much each word of a text says. A word that is common in Romanian and tells something in English is common where the
/// words around it are rather Romanian.
pub(super) fn of_text(words: &[&str], language: Option<Language>) -> Vec<Say> {
    let of_either = if language == Some(Language::Romanian) { Say::Nothing } else { Say::Much };
    let say = |word: &&str| if EITHER.contains(word) { of_either } else { of_term(word) };
    words.iter().map(say).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_two_languages_is_read_in_that_of_the_words_around_it() {
        let of = |text: &str, place: usize| {
            let words: Vec<&str> = text.split(' ').collect();
            of_text(&words, language(&words))[place]
        };
        assert_eq!(of("food for a cat", 3), Say::Much);
        assert_eq!(of("cat de mult", 0), Say::Nothing);
        assert_eq!(of("skin care", 1), Say::Much);
        assert_eq!(of("oameni care nu au pisici", 1), Say::Nothing);
    }

    #[test]
    fn words_of_every_brief_say_little() {
        assert_eq!(
            ["campanie", "for", "50", "haine"].map(of_term),
            [Say::Little, Say::Nothing, Say::Little, Say::Much]
        );
    }
}
