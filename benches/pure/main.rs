//! `make pure`: what is computed without HTTP and database, by itself, to see what a change makes of it.
//!
//! `cargo bench --bench pure -- brief` times what has `brief` in its name; `--profile-time 20` runs it for a profiler.

#[path = "../drawn/mod.rs"]
mod drawn;

use criterion::{Criterion, criterion_group, criterion_main};
use drawn::{
    population::Population,
    questions::{Kind, question},
};
use jiff::Timestamp;
use std::{hint::black_box, sync::Arc};
use voci::{
    http::cursor::CursorSigner,
    ids::TenantId,
    niches::Taxonomy,
    recommendations::{
        brief::RecommendationRequest,
        http::answer,
        rank::rank_lists,
        selection::{Bookmarks, STRETCH, select},
    },
    snapshot::{Snapshots, TenantBuilder},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Creators when it is measured, and when it is only tried.
const CREATORS: [u64; 2] = [1_000_000, 2_000];
/// Questions of each kind, asked in turn.
const QUESTIONS: u64 = 400;
const TENANT: TenantId = TenantId(1);
const TEXTS: [&str; 4] = [
    "haine eco pentru copii",
    "eco-friendly clothes for kids",
    "caut creatori care vorbesc despre gradinarit urban si plante de apartament",
    "trail runing and mountain hikes for beginners, with honest gear reviews",
];

fn snapshots(population: &Population) -> Snapshots {
    let creators = CREATORS[usize::from(!std::env::args().any(|argument| argument == "--bench"))];
    let taxonomy = Arc::new(Taxonomy::built_in());
    let mut builder = TenantBuilder::new(TENANT, taxonomy.clone());
    (0..creators).for_each(|seed| builder.apply_creator(population.creator(TENANT, seed)));
    let snapshots = Snapshots::new(1, taxonomy);
    snapshots.publish(vec![(TENANT, builder.snapshot())], Timestamp::now());
    snapshots
}

/// Questions, from the parsed request on: the ranking alone, the page in its order, the answer as bytes.
fn recommendations(criterion: &mut Criterion) {
    let population = Population::new();
    let snapshots = snapshots(&population);
    let (signer, snapshot) = (CursorSigner::new([0; 32]), &snapshots.current(TENANT).tenant);
    for (name, kind) in [("simple", Kind::Simple), ("brief", Kind::Brief), ("long", Kind::Long)] {
        let request = |seed| serde_json::from_value(question(&population, kind, seed));
        let requests: Vec<RecommendationRequest> =
            (0..QUESTIONS).map(|seed| request(seed).expect("questions are requests")).collect();
        let query = |request: &RecommendationRequest| request.query(snapshot).expect("they keep all rules");
        let queries: Vec<_> = requests.iter().map(query).collect();
        let mut each = |part: &str, ask: &dyn Fn(usize)| {
            let mut next = 0;
            criterion.bench_function(&format!("{name}/{part}"), |bencher| {
                bencher.iter(|| {
                    ask(next % requests.len());
                    next += 1;
                });
            });
        };
        each("query", &|at| drop(black_box(query(&requests[at]))));
        let stretch = if matches!(kind, Kind::Brief) { STRETCH } else { kind.limit() };
        each("ranked", &|at| {
            black_box(rank_lists(snapshot, &queries[at], [(None, stretch), (None, 0)]));
        });
        each("selected", &|at| {
            black_box(select(snapshot, &queries[at], &Bookmarks::default(), kind.limit()));
        });
        each("answered", &|at| {
            assert!(black_box(answer(TENANT, &requests[at], None, &snapshots, &signer)).is_ok());
        });
    }
}

/// Texts of briefs.
fn reading(criterion: &mut Criterion) {
    let snapshots = Snapshots::new(1, Arc::new(Taxonomy::built_in()));
    let tree = snapshots.current(TENANT).tenant.tree.clone();
    for (number, text) in TEXTS.into_iter().enumerate() {
        criterion.bench_function(&format!("text/{number}"), |bencher| {
            bencher.iter(|| black_box(tree.glossary().read(text)));
        });
    }
}

criterion_group!(pure, recommendations, reading);
criterion_main!(pure);
