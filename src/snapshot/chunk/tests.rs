use super::*;
use crate::{
    scores::{Components, ScoringModel},
    snapshot::{
        hot::Scores,
        packed::{HeadParts, Sums, pack},
    },
};
use proptest::prelude::*;

fn new_row(name: &str, [declared, topics, community]: [u8; 3]) -> NewRow {
    let model = ScoringModel::published_default();
    let components = Components::of(None, (None, None), &[], &model);
    let details = Details { display_name: name.to_owned(), components, sums: Sums::default() };
    let scores = Scores::of(None, &components, 1);
    NewRow {
        hot: Hot::new(Some(u32::from(declared)), (0, 0, 0, 0), Lengths::default(), scores),
        niches: (0..u32::from(declared + topics + community)).map(InNiche::declared).collect(),
        sides: Sides { declared, topics },
        packed: pack(name, HeadParts::default(), &details),
    }
}

type Told = (String, [u8; 3]);

fn told(row: Option<Row<'_>>) -> Option<Told> {
    row.map(|row| {
        let niches = row.niches();
        let counts = [niches.declared, niches.topics, niches.community];
        let counts = counts.map(|side| u8::try_from(side.len()).unwrap());
        assert_eq!((row.creator_id(), row.hot.followers()), (row.shown().0, Some(u32::from(counts[0]))));
        assert!(niches.all().map(|one| one.niche()).eq(0..u32::from(counts.iter().sum::<u8>())));
        (row.creator_id().to_owned(), counts)
    })
}

proptest! {
    #[test]
    fn rows_are_what_was_put_into_them_whatever_happened_to_their_neighbours(
        steps in prop::collection::vec((0..6_usize, prop::option::of(("[a-z]{1,30}", prop::array::uniform3(0..5_u8)))), 1..60),
    ) {
        let (mut chunk, mut expected) = (Chunk::default(), Vec::<Option<Told>>::new());
        for (place, step) in steps {
            match (step, place < chunk.rows()) {
                (Some((name, counts)), true) => {
                    chunk.put(place, &new_row(&name, counts));
                    expected[place] = Some((name, counts));
                }
                (Some((name, counts)), false) => {
                    chunk.push(&new_row(&name, counts));
                    expected.push(Some((name, counts)));
                }
                (None, true) => {
                    chunk.clear(place);
                    expected[place] = None;
                }
                (None, false) => {}
            }
            let found: Vec<Option<Told>> = (0..chunk.rows()).map(|place| told(chunk.row(place))).collect();
            prop_assert_eq!(&found, &expected);
        }
    }
}

#[test]
fn a_full_chunk_holds_no_more_memory_than_it_needs() {
    let mut chunk = Chunk::default();
    while !chunk.is_full() {
        chunk.push(&new_row("ana", [2, 1, 1]));
    }
    assert_eq!(chunk.packed.capacity(), chunk.packed.len());
    assert_eq!(chunk.niches.capacity(), chunk.niches.len());
    let longer = new_row("a longer name than before", [3, 2, 1]);
    chunk.put(9, &longer);
    assert!(chunk.packed.capacity() < chunk.packed.len() + longer.packed.len());
}

#[test]
fn the_audience_is_that_of_the_platforms_asked_for() {
    use crate::creators::Account;
    let account =
        |platform, followers| Account { platform, handle: String::new(), followers, engager_key: None };
    let accounts = [account(Platform::Instagram, Some(500)), account(Platform::TikTok, Some(9_000))];
    let mut row = new_row("ana", [0, 0, 0]);
    let details = Details {
        display_name: "ana".to_owned(),
        components: Components::of(None, (None, None), &[], &ScoringModel::published_default()),
        sums: Sums::default(),
    };
    row.packed = pack("ana", HeadParts { accounts: &accounts, ..HeadParts::default() }, &details);
    let [instagram, tiktok] = [Platform::Instagram, Platform::TikTok].map(platform_bit);
    row.hot = Hot::new(Some(9_000), (0, 0, 0, instagram | tiktok), Lengths::default(), Scores::default());
    let mut chunk = Chunk::default();
    chunk.push(&row);
    let row = chunk.row(0).unwrap();
    let asked = [u32::MAX, instagram, tiktok, platform_bit(Platform::YouTube)];
    assert_eq!(asked.map(|asked| row.audience(asked)), [Some(9_000), Some(500), Some(9_000), None]);
    assert_eq!(row.main_platform(), Some(Platform::TikTok));
}

#[test]
fn rows_of_a_chunk_fill_a_block_of_the_allocator() {
    assert_eq!((size_of::<Slot>(), CHUNK * size_of::<Slot>()), (96, 6 << 10));
}
