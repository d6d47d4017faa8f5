//! Nothing that is acknowledged is lost, while the service and PostgreSQL are killed and frozen and the wire between
//! them is cut and loses answers. And the proof that the harness would notice: runs in which something is lost.
//!
//! A run is short unless `DURABILITY_EVENTS` and `DURABILITY_KILLS` say otherwise; `DURABILITY_SEED` makes another one.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod check;
mod client;
mod database;
mod exchange;
mod ledger;
mod nemesis;
mod proxy;
mod report;
mod route;
mod run;
mod size;
mod supervisor;
mod supply;
#[path = "../support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "tests of whole processes use the rest")]
mod support;

use client::Promise;
use nemesis::Act;
use run::{Outcome, Run};
use size::Size;
use std::sync::atomic::Ordering;
use support::Dice;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_whatever_is_killed_frozen_cut_or_swallowed() {
    let size = Size::asked_for();
    let deck = Act::deck(size.kills, &mut Dice::new(size.seed));
    let outcome = Run::sound(size.events, deck, size.seed).carry_out().await;
    report::print("everything at once", &outcome);
    report::write(&outcome);
    let findings = &outcome.findings;
    assert!(findings.acknowledged_events >= size.events);
    assert!(findings.lost.is_empty(), "{:?}", findings.lost);
    assert!(findings.is_all_well());
    let counts = &outcome.faults.counts;
    assert!(counts.swallowed.load(Ordering::Relaxed) > 0);
    assert_eq!(counts.bare_commits.load(Ordering::Relaxed), 0, "every COMMIT has its guard");
    assert!(counts.broken.load(Ordering::Relaxed) > 0);
}

/// Size of the runs in which something is lost.
const SMALL: usize = 3_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_harness_notices_that_postgresql_commits_before_it_flushes() {
    let deck = vec![Act::KillPostgres; 2];
    let run = Run { weakened: true, broken_one_of: 0, ..Run::sound(SMALL, deck, 2) };
    let outcome = run.carry_out().await;
    report::print("control: synchronous_commit off", &outcome);
    assert!(outcome.findings.lost_on(true) > 0);
    only_lost(&outcome);
    nothing_failed_inside(&outcome);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_harness_notices_answers_before_the_commit() {
    let deck = vec![Act::KillService, Act::KillPostgres, Act::KillService];
    let run = Run { promise: Promise::Sent, broken_one_of: 0, ..Run::sound(SMALL, deck, 3) };
    let outcome = run.carry_out().await;
    report::print("control: acknowledged before the commit", &outcome);
    assert!(outcome.findings.lost_on(true) > 0);
    only_lost(&outcome);
    nothing_failed_inside(&outcome);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_harness_notices_that_the_guard_before_commit_is_gone() {
    let deck = vec![Act::CutConnections];
    let run = Run { unguarded: true, broken_one_of: 4, ..Run::sound(SMALL, deck, 4) };
    let outcome = run.carry_out().await;
    report::print("control: no guard before COMMIT", &outcome);
    assert!(outcome.faults.counts.unguarded.load(Ordering::Relaxed) > 0);
    assert!(outcome.findings.lost_on(false) > 0);
    only_lost(&outcome);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_checks_notice_what_is_put_wrong_in_the_database() {
    let tampering = "
        create temp table moved as select * from events where kind = 1 order by event_key limit 4;
        delete from events e using (select * from moved limit 1) m
        where (e.creator_key, e.event_key) = (m.creator_key, m.event_key);
        update moved set occurred_on = case when extract(day from occurred_on) > 1 then occurred_on - 1
                                            else occurred_on + 1 end;
        insert into events select * from moved offset 2;
        update moved set event_key = creator_key;
        insert into events select * from moved limit 1;
        delete from creators where creator_id = 'creator-3'";
    let outcome = Run { tampering, broken_one_of: 0, ..Run::sound(500, Vec::new(), 5) }.carry_out().await;
    let findings = &outcome.findings;
    assert_eq!((findings.lost_on(true), findings.lost_on(false)), (1, 1), "{:?}", findings.lost);
    assert_eq!((findings.duplicated.len(), findings.never_sent, findings.wrong_relationships), (2, 1, 1));
}

/// What is stored is right, however much is missing.
fn only_lost(outcome: &Outcome) {
    let findings = &outcome.findings;
    assert_eq!((findings.duplicated.len(), findings.never_sent, findings.wrong_relationships), (0, 0, 0));
}

/// Without broken transactions, kills lead to no answer worse than "come again".
fn nothing_failed_inside(outcome: &Outcome) {
    assert_eq!(outcome.tally.failed.load(Ordering::Relaxed), 0);
}
