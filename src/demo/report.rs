//! What the demo prints: plain text of at most 100 columns.

use super::{
    cast::{Character, Role},
    client::{Client, Item, Model},
    load::Loaded,
    questions::{Claim, Question},
};
use crate::{creators::Tier, recommendations::reasons::words::Grouped};
use secrecy::ExposeSecret;
use std::{
    io::{self, Write},
    time::Duration,
};

const WIDTH: usize = 100;

/// Prints as it goes.
pub struct Report<'a, W> {
    out: &'a mut W,
}

impl<'a, W: Write> Report<'a, W> {
    /// A report that is written there.
    pub fn new(out: &'a mut W) -> Self {
        Self { out }
    }

    /// Where everything goes, and with which key.
    pub fn opening(&mut self, client: &Client, made: bool) -> io::Result<()> {
        writeln!(self.out, "Service   {}", client.address())?;
        if !made {
            return writeln!(self.out, "Tenant    that of the key given");
        }
        writeln!(self.out, "Tenant    demo, apart from yours; its key, new with each run:\n")?;
        writeln!(self.out, "  export VOCI_KEY={}\n", client.key().expose_secret())
    }

    /// What was loaded, and how fast.
    pub fn loaded(&mut self, cast: &[Character], loaded: &Loaded) -> io::Result<()> {
        let count = |role| cast.iter().filter(|character| character.role == role).count();
        let events = loaded.events.len();
        writeln!(
            self.out,
            "Story     {} creators: {} with a community that comes back, {} big ones whose people pass by,\n\
             {:10}{} with bought likes, {} ordinary, {} nobody has noticed yet\n\
             Told      as of {}, the day it was first loaded; loading it again changes nothing",
            cast.len(),
            count(Role::Beloved),
            count(Role::Indifferent),
            "",
            count(Role::Bought),
            count(Role::Ordinary),
            count(Role::Silent),
            loaded.day,
        )?;
        let seconds = loaded.took.as_secs_f64();
        let rate = (events as f64 / seconds.max(1e-3) / 100.0).round() * 100.0;
        writeln!(
            self.out,
            "Loaded    {} events in {seconds:.1} s, {} a second: {} new, {} there already",
            Grouped::of(events),
            Grouped::near(rate),
            Grouped::of(loaded.stored),
            Grouped::of(loaded.duplicate),
        )
    }

    /// Everything is scored.
    pub fn ranked(&mut self, took: Duration) -> io::Result<()> {
        writeln!(self.out, "Ranked    all of them, {:.1} s later", took.as_secs_f64())
    }

    /// Why nothing happens for a while.
    pub fn waiting(&mut self) -> io::Result<()> {
        writeln!(
            self.out,
            "Waiting   for the service to fit its model to these people, which it does once a minute"
        )?;
        self.out.flush()
    }

    /// The model in force.
    pub fn fitted(&mut self, model: &Model) -> io::Result<()> {
        let (version, people) = (model.version, Grouped::of(model.fitted_on_engagers));
        match version {
            0 => writeln!(self.out, "Model     the published default: the service has not fitted one yet"),
            _ => writeln!(self.out, "Model     version {version}, fitted to {people} people of this tenant"),
        }
    }

    /// A question and its answer.
    pub fn answer(
        &mut self,
        question: &Question,
        client: &Client,
        cast: &[Character],
        items: &[Item],
    ) -> io::Result<()> {
        writeln!(self.out, "\n\n{}", question.title)?;
        self.wrapped(question.note, 3, 3)?;
        writeln!(
            self.out,
            "\n   curl -s {}/v1/recommendations -H \"Authorization: Bearer $VOCI_KEY\" \\\n     \
             -H 'Content-Type: application/json' -d '\n     {}'\n",
            client.address(),
            question.body,
        )?;
        writeln!(
            self.out,
            "   rank  {:30} {:>11}  {:8} {:>5}  80 % interval",
            "creator", "followers", "tier", "score"
        )?;
        for item in items {
            self.row(question, cast, item)?;
        }
        Ok(())
    }

    fn row(&mut self, question: &Question, cast: &[Character], item: &Item) -> io::Result<()> {
        let character = cast.iter().find(|character| character.id == item.creator_id);
        let followers = character.and_then(|character| character.followers(question.platforms));
        writeln!(
            self.out,
            "   {:>4}  {:30} {:>11}  {:8} {:>5.2}  {:.2} to {:.2}",
            item.rank,
            item.display_name,
            followers.map_or("-".to_owned(), |followers| Grouped::of(followers).to_string()),
            tier(item.tier),
            item.score,
            item.low,
            item.high,
        )?;
        if question.featured.contains(&item.creator_id.as_str()) {
            item.reasons.iter().try_for_each(|reason| self.wrapped(&format!("- {reason}"), 9, 11))?;
        }
        Ok(())
    }

    /// Whether the answer shows what it has to.
    pub fn claims(&mut self, claims: &[Claim]) -> io::Result<()> {
        writeln!(self.out)?;
        for claim in claims {
            let verdict = if claim.holds { "holds" } else { "FAILS" };
            self.wrapped(&format!("{verdict}: {}", claim.text), 3, 10)?;
        }
        Ok(())
    }

    /// Text in lines that are not too long, the first indented as told, the others as told, too.
    fn wrapped(&mut self, text: &str, first: usize, others: usize) -> io::Result<()> {
        let mut line = " ".repeat(first);
        let mut empty = true;
        for word in text.split_whitespace() {
            if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                writeln!(self.out, "{line}")?;
                line = " ".repeat(others);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        writeln!(self.out, "{line}")
    }
}

fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Unknown => "unknown",
        Tier::Nano => "nano",
        Tier::Micro => "micro",
        Tier::Mid => "mid",
        Tier::Macro => "macro",
        Tier::Mega => "mega",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_longer_than_the_page() {
        let mut out = Vec::new();
        Report::new(&mut out).wrapped(&"ținute și rețete ".repeat(30), 3, 11).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().count() > 3 && text.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(text.starts_with("   ținute") && text.lines().nth(1).unwrap().starts_with("           "));
        assert_eq!(text.split_whitespace().count(), 90);
    }
}
