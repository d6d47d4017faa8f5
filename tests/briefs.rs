//! Briefs in words are read as people mean them, often enough. `make evaluate` tells the same numbers.

#[path = "../benches/evaluate/labelled.rs"]
mod labelled;

use labelled::{Judged, judged, mean};

/// What is lost when this fails is shown by the briefs that it names.
#[test]
fn most_briefs_are_read_as_they_are_meant() {
    let judged = judged().unwrap();
    let (precision, _) = mean(&judged, true, None, Judged::precision1);
    let (recall, _) = mean(&judged, true, None, Judged::recall3);
    let (refused, _) = mean(&judged, false, None, Judged::refused);
    let missed = judged.iter().filter(|judged| !judged.brief.niches.is_empty() && judged.precision1() < 1.0);
    let missed: Vec<String> =
        missed.map(|judged| format!("{:?} read as {:?}", judged.brief, judged.read)).collect();
    assert!(
        precision >= 0.77 && recall >= 0.68 && refused >= 0.7,
        "precision {precision:.3}, recall {recall:.3}, refused {refused:.3}\n{}",
        missed.join("\n")
    );
}
