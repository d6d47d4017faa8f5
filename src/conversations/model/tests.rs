use super::*;
use proptest::prelude::*;
use uuid::Uuid;

fn key(number: u128) -> EventKey {
    EventKey(Uuid::from_u128(number))
}

fn act(number: u128, kind: Kind, second: i64, answers: Option<u128>) -> Act {
    let occurred_at = Timestamp::from_second(1_700_000_000 + second).unwrap();
    Act { event: key(number), kind, occurred_at, answers: answers.map(key), is_own: false }
}

#[test]
fn the_first_answer_of_the_creator_counts() {
    let threads = Threads::of(&[
        act(1, Kind::Comment, 0, None),
        act(2, Kind::CreatorReply, 500, Some(1)),
        act(3, Kind::CreatorReply, 60, Some(1)),
        act(4, Kind::Reply, 70, Some(3)),
        act(5, Kind::Comment, 10, None),
        act(6, Kind::CreatorReply, 4, Some(5)),
        act(7, Kind::Comment, 20, None),
        act(8, Kind::CreatorReply, 30, Some(99)),
    ]);
    assert_eq!((threads.comments, threads.comments_answered), (4, 2));
    assert_eq!(threads.median_answer_delay_s, Some(0), "the lower one of 0 and 60");
    // Comment, answer, reply; comment, answer; comment. An answer to what is not known begins no thread.
    assert_eq!((threads.mean_depth, threads.max_depth), (Some(2.0), 3));
}

#[test]
fn what_the_creators_own_accounts_write_is_no_comment_but_goes_on_with_a_thread() {
    let own = |act| Act { is_own: true, ..act };
    let threads = Threads::of(&[
        act(1, Kind::Comment, 0, None),
        own(act(2, Kind::Reply, 9, Some(1))),
        act(3, Kind::Reply, 12, Some(2)),
        own(act(4, Kind::Comment, 0, None)),
        act(5, Kind::CreatorReply, 3, Some(4)),
    ]);
    assert_eq!((threads.comments, threads.comments_answered), (2, 0));
    assert_eq!((threads.mean_depth, threads.max_depth), (Some(3.0), 3));
}

#[test]
fn nothing_is_said_of_threads_that_are_not_there() {
    assert_eq!(Threads::of(&[]), Threads::default());
    let circle = [act(1, Kind::Reply, 0, Some(2)), act(2, Kind::Reply, 0, Some(1))];
    let threads = Threads::of(&circle);
    assert_eq!((threads.comments, threads.mean_depth, threads.max_depth), (2, None, 0));
}

#[test]
fn depth_is_counted_up_to_a_bound() {
    let chain: Vec<Act> = (0..20).map(|number| act(number, Kind::Reply, 0, number.checked_sub(1))).collect();
    let threads = Threads::of(&chain);
    assert_eq!((threads.mean_depth, threads.max_depth), (Some(8.0), MOST_DEPTH));
}

prop_compose! {
    /// Acts that answer each other in any way, circles included.
    fn acts()(
        acts in prop::collection::vec((
            prop::sample::select(&[Kind::Comment, Kind::Reply, Kind::CreatorReply][..]),
            prop::option::of(0..60_u128), any::<bool>(),
        ), 0..60)
    ) -> Vec<Act> {
        let act = |(number, (kind, answers, is_own)): (usize, (Kind, Option<u128>, bool))| {
            // Each at a moment of its own.
            let second = i64::try_from(number * 7_919 % 1_000).unwrap();
            Act { is_own, ..act(number as u128, kind, second, answers) }
        };
        acts.into_iter().enumerate().map(act).collect()
    }
}

proptest! {
    #[test]
    fn the_order_in_which_acts_are_read_does_not_matter(acts in acts(), turn in 0..60_usize) {
        let mut turned = acts.clone();
        turned.rotate_left(turn.min(acts.len()));
        turned.reverse();
        prop_assert_eq!(Threads::of(&acts), Threads::of(&turned));
    }

    #[test]
    fn threads_stay_within_what_was_written(acts in acts()) {
        let Threads { comments, comments_answered, median_answer_delay_s, mean_depth, max_depth } = Threads::of(&acts);
        prop_assert!(comments_answered <= comments && max_depth <= MOST_DEPTH);
        prop_assert_eq!(median_answer_delay_s.is_some(), comments_answered > 0);
        prop_assert!(median_answer_delay_s.is_none_or(|delay| (0..1_000).contains(&delay)));
        prop_assert!(mean_depth.is_none_or(|mean| 1.0 <= mean && mean <= f64::from(max_depth)));
    }
}
