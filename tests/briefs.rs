//! Briefs in words are read as people mean them, often enough. `make evaluate` tells the same numbers.

#[path = "../benches/evaluate/labelled.rs"]
mod labelled;

use labelled::{Judged, judged, mean};

/// What is lost when this fails is shown by the briefs that it names, but for those that are held out.
#[test]
fn most_briefs_are_read_as_they_are_meant() {
    let (held_out, seen): (Vec<Judged>, Vec<Judged>) =
        judged().unwrap().into_iter().partition(|judged| judged.brief.is_held_out());
    let missed = seen.iter().filter(|judged| !judged.brief.niches.is_empty() && judged.precision1() < 1.0);
    let missed: Vec<String> =
        missed.map(|judged| format!("{:?} read as {:?}", judged.brief, judged.read)).collect();
    for (half, least_precision, least_recall) in [(&seen, 0.96, 0.94), (&held_out, 0.9, 0.84)] {
        let (precision, count) = mean(half, true, None, Judged::precision1);
        let (recall, _) = mean(half, true, None, Judged::recall3);
        assert!(
            precision >= least_precision && recall >= least_recall,
            "{count} briefs: precision {precision:.3}, recall {recall:.3}\n{}",
            missed.join("\n")
        );
    }
}

#[test]
fn most_texts_that_mean_no_niche_are_refused() {
    let judged = judged().unwrap();
    let (refused, count) = mean(&judged, false, None, Judged::refused);
    assert!(refused >= 0.9, "{refused:.3} of {count} texts");
}
