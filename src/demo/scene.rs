//! What happens to one creator, person by person.

use super::{
    cast::{Character, Role, Words},
    random::Random,
    story::{DAYS, StoryEvent},
};
use crate::events::Kind;
use jiff::{Timestamp, ToSpan};

/// Days between two posts of a creator.
const POST_EVERY: u32 = 3;
/// People of a niche who come back to its creators; neighbouring creators share some of them.
const REGULARS: u64 = 240;
/// First day and length of a burst of bought likes: long enough ago that nobody can say they may still come back.
const BURST: (u32, u32) = (110, 3);

/// How people behave, per 1,000 people or visits.
struct Habits {
    /// People who come back at all.
    regulars: u32,
    /// Days between two visits of such a person.
    gap: u32,
    /// Visits after which such a person stays for another.
    stays: u32,
    /// Visits with a comment.
    comments: u32,
    /// Comments that say something.
    substance: u32,
    /// Comments that the creator answers.
    answers: u32,
    /// Visits with a purchase.
    purchases: u32,
}

const BELOVED: Habits =
    Habits { regulars: 500, gap: 12, stays: 930, comments: 350, substance: 900, answers: 550, purchases: 30 };
const ORDINARY: Habits =
    Habits { regulars: 120, gap: 20, stays: 780, comments: 150, substance: 550, answers: 200, purchases: 5 };
const INDIFFERENT: Habits =
    Habits { regulars: 20, gap: 25, stays: 700, comments: 80, substance: 150, answers: 0, purchases: 2 };

impl Habits {
    fn of(role: Role) -> &'static Self {
        match role {
            Role::Beloved => &BELOVED,
            Role::Ordinary | Role::Bought | Role::Silent => &ORDINARY,
            Role::Indifferent => &INDIFFERENT,
        }
    }
}

/// A creator's part of the story while it is told.
pub struct Scene<'a> {
    /// Whose part.
    pub character: &'a Character,
    /// What happened so far; an event stands behind the ones it answers or takes back.
    pub events: Vec<StoryEvent>,
    place: u64,
    words: &'a Words,
    habits: &'static Habits,
    random: Random,
    start: Timestamp,
    regulars: u64,
    visitors: u32,
    last_comment: Option<String>,
}

/// Where and when somebody is.
struct Visit {
    engager: String,
    day: u32,
    second: u32,
}

impl<'a> Scene<'a> {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(
        character: &'a Character,
        place: u64,
        words: &'a Words,
        random: Random,
        start: Timestamp,
    ) -> Self {
        Self {
            character,
            events: Vec::with_capacity(character.events),
            place,
            words,
            habits: Habits::of(character.role),
            random,
            start,
            regulars: 0,
            visitors: 0,
            last_comment: None,
        }
    }

    /// The creator likes and praises own posts, which nobody shall take for engagement.
    pub fn own_account_joins_in(&mut self) {
        let Some(own) = self.character.profile.accounts.iter().find_map(|account| account.engager_id.clone())
        else {
            return;
        };
        for day in [20, 65, 110, 155] {
            let mut visit = self.visit(own.clone(), day);
            self.act(&mut visit, Kind::Like);
        }
    }

    /// A burst of likes from accounts that were made for it and never come back.
    pub fn likes_are_bought(&mut self, count: usize) {
        for _ in 0..count {
            let day = BURST.0 + self.random.below(BURST.1);
            let account = format!("account-{:012x}", self.random.bits() >> 16);
            let mut visit = self.visit(account, day);
            self.act(&mut visit, Kind::Like);
        }
    }

    /// Somebody new comes: for a day, or to stay for a while.
    pub fn somebody_comes(&mut self) {
        let (name, stays) = self.newcomer();
        let mut day = self.random.below(DAYS);
        let mut visit = self.visit(name, day);
        if stays {
            self.act(&mut visit, Kind::Follow);
        }
        loop {
            self.spend(&mut visit);
            day += self.random.wait(self.habits.gap);
            if !stays || day >= DAYS || !self.random.chance(self.habits.stays) {
                break;
            }
            visit = self.visit(visit.engager, day);
        }
        if self.random.chance(60) {
            self.somebody_unknown_passes();
        }
    }

    fn newcomer(&mut self) -> (String, bool) {
        let niche = self.character.profile.niches.first().map_or("all", String::as_str);
        if self.random.chance(self.habits.regulars) {
            let number = (self.place * 17 + self.regulars) % REGULARS;
            self.regulars += 1;
            return (format!("{niche}-regular-{number:03}"), true);
        }
        self.visitors += 1;
        (format!("{niche}-visitor-{:02}-{:04}", self.place, self.visitors), false)
    }

    /// Platforms tell of some acts without telling whose they are.
    fn somebody_unknown_passes(&mut self) {
        let day = self.random.below(DAYS);
        let mut visit = self.visit(String::new(), day);
        let kind = if self.random.chance(700) { Kind::View } else { Kind::Share };
        self.act(&mut visit, kind).engager_id = None;
    }

    /// What somebody does on a day.
    fn spend(&mut self, visit: &mut Visit) {
        if self.random.chance(250) {
            self.act(visit, Kind::View);
        }
        let acts_before = self.events.len();
        for (kind, per_mille) in [(Kind::Like, 780), (Kind::Save, 90), (Kind::Share, 50), (Kind::Click, 60)] {
            if self.random.chance(per_mille) {
                self.act(visit, kind);
            }
        }
        if self.random.chance(self.habits.comments) {
            self.comment(visit);
        }
        if self.random.chance(self.habits.comments / 4) {
            self.join_a_thread(visit);
        }
        if self.random.chance(self.habits.purchases) {
            self.buy(visit);
        }
        if self.events.len() == acts_before {
            self.act(visit, Kind::Like);
        }
        if self.random.chance(8) {
            self.take_back(visit);
        }
    }

    fn comment(&mut self, visit: &mut Visit) {
        let text = self.remark();
        let comment = self.act(visit, Kind::Comment);
        comment.text = text;
        let id = comment.event_id.clone();
        if self.random.chance(self.habits.answers) {
            let text = self.say("answer");
            let answer = self.act(visit, Kind::CreatorReply);
            answer.text = text;
            answer.in_reply_to = Some(id.clone());
        }
        self.last_comment = Some(id);
    }

    /// Answers what another one wrote; the story does not care how long ago.
    fn join_a_thread(&mut self, visit: &mut Visit) {
        let Some(comment) = self.last_comment.clone() else { return };
        let text = self.remark();
        let reply = self.act(visit, Kind::Reply);
        reply.text = text;
        reply.in_reply_to = Some(comment);
    }

    fn buy(&mut self, visit: &mut Visit) {
        let value = 1_900 + 100 * i64::from(self.random.below(220));
        let currency = if self.character.profile.country == "RO" { "RON" } else { "EUR" };
        let purchase = self.act(visit, Kind::Purchase);
        (purchase.value, purchase.currency) = (Some(value), Some(currency));
    }

    /// Takes back the last act of the visit: an unlike, a deleted comment, a refund.
    fn take_back(&mut self, visit: &mut Visit) {
        let last = self.events.iter().rfind(|event| {
            event.engager_id.as_ref() == Some(&visit.engager) && event.kind != Kind::CreatorReply
        });
        let Some(id) = last.map(|event| event.event_id.clone()) else { return };
        self.act(visit, Kind::Retract).in_reply_to = Some(id);
    }

    fn remark(&mut self) -> Option<String> {
        let character = self.character;
        if !self.random.chance(self.habits.substance) {
            return self.say("praise");
        }
        let topic = self.random.pick(&character.profile.niches)?;
        self.say(topic)
    }

    fn say(&mut self, topic: &str) -> Option<String> {
        let (character, words) = (self.character, self.words);
        let language = self.random.pick(&character.profile.languages)?;
        self.random.pick(words.on(topic, language)).cloned()
    }

    /// Somebody is there on a day, between six in the morning and eight in the evening.
    fn visit(&mut self, engager: String, day: u32) -> Visit {
        Visit { engager, day, second: 6 * 3_600 + self.random.below(14 * 3_600) }
    }

    /// Adds an act to the story, some moments after the one before.
    fn act(&mut self, visit: &mut Visit, kind: Kind) -> &mut StoryEvent {
        visit.second += 5 + self.random.below(600);
        let at = self.start + (i64::from(visit.day) * 24).hours() + i64::from(visit.second).seconds();
        let character = self.character;
        let account = self.random.pick(&character.profile.accounts);
        let event = StoryEvent {
            event_id: format!("{}-{:05}", character.id, self.events.len()),
            creator_id: character.id.clone(),
            engager_id: Some(visit.engager.clone()),
            kind,
            occurred_at: at,
            post_id: Some(format!("{}-post-{}", character.id, visit.day / POST_EVERY)),
            in_reply_to: None,
            platform: account.map(|account| account.platform),
            text: None,
            value: None,
            currency: None,
        };
        self.events.push(event);
        self.events.last_mut().expect("an event was pushed just now")
    }
}
