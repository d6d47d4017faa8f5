//! Briefs in words: is the first niche that is read one that is meant, are those that are meant found, and are texts that mean
//! none refused? The briefs and their labels are ours.

use super::{
    harness::{Failure, report::Measure},
    labelled::{Judged, judged, mean},
};

/// Reads all labelled briefs. Needs no service.
pub(crate) fn run(measures: &mut Vec<Measure>) -> Result<(), Failure> {
    let judged = judged()?;
    let mut add = |name, with_niches, language: Option<&str>, of: fn(&Judged) -> f64, what: &str| {
        let (value, count) = mean(&judged, with_niches, language, of);
        measures.push(Measure { name, value, unit: "share", note: format!("{what}, {count} briefs") });
    };
    let first = "briefs whose first niche is one that is meant";
    add("brief.precision1", true, None, Judged::precision1, first);
    add("brief.precision1.en", true, Some("en"), Judged::precision1, "the same, English");
    add("brief.precision1.ro", true, Some("ro"), Judged::precision1, "the same, Romanian");
    let found = "of up to three niches that are meant, found among the first three";
    add("brief.recall3", true, None, Judged::recall3, found);
    add("brief.recall3.en", true, Some("en"), Judged::recall3, "the same, English");
    add("brief.recall3.ro", true, Some("ro"), Judged::recall3, "the same, Romanian");
    add("brief.refused", false, None, Judged::refused, "texts that mean no niche, rightly refused");
    let held_out: Vec<Judged> = judged.into_iter().filter(|judged| judged.brief.is_held_out()).collect();
    let mut add_held_out = |name, of: fn(&Judged) -> f64| {
        let (value, count) = mean(&held_out, true, None, of);
        let note = format!("the same, {count} briefs that nobody looked at who added words");
        measures.push(Measure { name, value, unit: "share", note });
    };
    add_held_out("brief.precision1.held_out", Judged::precision1);
    add_held_out("brief.recall3.held_out", Judged::recall3);
    Ok(())
}
