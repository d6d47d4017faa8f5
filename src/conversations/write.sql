/* conversations::write: of creators who have not been claimed anew or erased since they were claimed */
update creator_conversations c
set counted_at = now(), talk_events = n.talk_events, through = n.through, comments = n.comments,
    comments_answered = n.comments_answered, median_answer_delay_s = n.median_answer_delay_s,
    mean_depth = n.mean_depth, max_depth = n.max_depth
from unnest(
    (select $1::uuid[]), $2::timestamptz[], $3::int8[], $4::date[], $5::int4[], $6::int4[], $7::int8[], $8::float8[],
    $9::int4[]
) as n (
    creator_key, claimed_at, talk_events, through, comments, comments_answered, median_answer_delay_s, mean_depth,
    max_depth
)
where c.creator_key = n.creator_key and c.claimed_at = n.claimed_at
