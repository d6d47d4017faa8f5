//! How good a ranking is.

/// nDCG of the best `k` by score, with gains as they are and a discount of log2 (Jaervelin and Kekaelaeinen 2002); ties in
/// the order given. Not a number when nobody has a gain.
pub(crate) fn ndcg(scores: &[f64], gains: &[f64], k: usize) -> f64 {
    let of = |order: &[f64]| -> f64 {
        order.iter().take(k).zip(2_u32..).map(|(gain, place)| gain / f64::from(place).log2()).sum()
    };
    let mut ranked: Vec<usize> = (0..scores.len()).collect();
    ranked.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let ranked: Vec<f64> = ranked.into_iter().map(|place| gains[place]).collect();
    let mut ideal = gains.to_vec();
    ideal.sort_by(|a, b| b.total_cmp(a));
    if of(&ideal) > 0.0 { of(&ranked) / of(&ideal) } else { f64::NAN }
}

/// The chance that somebody who came back has a higher score than somebody who did not, ties half.
pub(crate) fn auc(scores: &[f64], back: &[bool]) -> f64 {
    let ranks = ranks(scores);
    let came = back.iter().filter(|back| **back).count() as f64;
    let stayed = back.len() as f64 - came;
    let sum: f64 = ranks.iter().zip(back).filter(|(_, back)| **back).map(|(rank, _)| rank).sum();
    (sum - came * (came + 1.0) / 2.0) / (came * stayed)
}

/// Spearman's rank correlation, ties averaged.
pub(crate) fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (ranks(a), ranks(b));
    let mean = f64::midpoint(a.len() as f64, 1.0);
    let product =
        |x: &[f64], y: &[f64]| -> f64 { x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum() };
    product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
}

/// Ranks from 1, ties averaged.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for ties in order.chunk_by(|a, b| values[*a].total_cmp(&values[*b]).is_eq()) {
        let rank = before as f64 + f64::midpoint(ties.len() as f64, 1.0);
        for place in ties {
            ranks[*place] = rank;
        }
        before += ties.len();
    }
    ranks
}
