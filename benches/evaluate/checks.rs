//! What must hold after loading: everything that was sent once is there once, and nothing else.

use super::{
    database,
    harness::{Failure, client::BatchReceipt, stage::Stage},
    load::Loaded,
    recommend,
    story::Story,
};
use std::{collections::BTreeMap, fmt::Debug};
use voci::relationships::rebuild::Report;

/// Checks and what came of them.
#[derive(Default)]
pub(crate) struct Checks(Vec<(String, Option<String>)>);

impl Checks {
    /// Holds when both are the same.
    pub(crate) fn equal<T: PartialEq + Debug>(&mut self, name: impl Into<String>, found: &T, expected: &T) {
        let wrong = (found != expected).then(|| format!("{found:?} instead of {expected:?}"));
        self.0.push((name.into(), wrong));
    }

    /// Holds when a part came to its end.
    pub(crate) fn ended(&mut self, part: &str, ended: Result<(), Failure>) {
        self.0.push((format!("{part}: measured to the end"), ended.err().map(|error| error.to_string())));
    }

    /// How many checks there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Prints the checks; true when all hold.
    pub(crate) fn print(&self) -> bool {
        for (name, wrong) in &self.0 {
            match wrong {
                None => println!("holds   {name}"),
                Some(wrong) => println!("FAILS   {name}: {wrong}"),
            }
        }
        self.0.iter().all(|(_, wrong)| wrong.is_none())
    }

    /// The answers to the batches add up.
    pub(crate) fn receipt(&mut self, loaded: &Loaded, story: &Story) {
        let stored = story.expected.events();
        let expected =
            BatchReceipt { stored, duplicate: story.expected.sent - stored, ..BatchReceipt::default() };
        self.equal(
            "each different event is stored once, each repeat is a duplicate",
            &loaded.receipt,
            &expected,
        );
    }

    /// Batches that were sent again are duplicates throughout.
    pub(crate) fn resent(&mut self, receipt: BatchReceipt) {
        let all = receipt.stored + receipt.duplicate + receipt.conflict + receipt.invalid;
        let expected = BatchReceipt { duplicate: all, ..BatchReceipt::default() };
        self.equal("batches sent again are duplicates", &receipt, &expected);
    }

    /// Relationships folded anew from the raw events are the stored ones.
    pub(crate) fn rebuilt(&mut self, report: &Report, story: &Story) {
        self.equal("relationships and statistics agree with the raw events", &report.differences(), &0);
        self.equal(
            "every relationship was compared",
            &report.relationships.compared,
            &story.expected.relationships,
        );
    }

    /// The database holds what the data says.
    pub(crate) async fn database(&mut self, stage: &Stage, story: &Story) -> Result<(), Failure> {
        let (pool, expected) = (stage.pool(), &story.expected);
        let kinds: BTreeMap<_, _> = database::kinds(pool).await?;
        self.equal("events of each kind", &kinds, &expected.kinds);
        let creators = story.creators.len() as u64;
        let registered = format!("select count(*) from creators where tenant_id = {}", stage.tenant.0);
        for (name, sql, wanted) in [
            ("creators", registered.as_str(), creators),
            ("creators with events", "select count(distinct creator_key) from events", creators),
            ("relationships", "select count(*) from relationships", expected.relationships),
            ("people", "select count(distinct engager_key) from relationships", expected.engagers),
            ("events in statistics", "select sum(events)::int8 from creator_statistics", expected.events()),
            (
                "engaged people in statistics",
                "select sum(engagers)::int8 from creator_statistics",
                expected.engaged,
            ),
        ] {
            self.equal(name, &database::count(pool, sql).await?, &wanted);
        }
        Ok(())
    }

    /// Every niche comes back with exactly the creators who declare it; how many that were.
    pub(crate) async fn niches(&mut self, stage: &Stage, story: &Story) -> Result<usize, Failure> {
        let (mut found, mut wrong) = (0, Vec::new());
        for (niche, declarers) in &story.expected.niches {
            let recommended = recommend::everybody(&stage.api, niche).await?;
            found += recommended.len();
            if recommended != *declarers {
                wrong.push(niche);
            }
        }
        self.equal("niches that do not come back with their creators", &wrong, &Vec::new());
        Ok(found)
    }
}
