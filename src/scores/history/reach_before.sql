/* history::note_reach_before: what loyal reach was published of creators at the end of a day: in the newest row then. */
insert into creator_growth as g (creator_key, loyal_reach)
select c.creator_key, h.loyal_reach
from unnest($1::uuid[]) as c (creator_key), lateral (
    select loyal_reach from creator_score_history p
    where p.creator_key = c.creator_key and p.day <= $2 order by p.day desc limit 1
) h
on conflict (creator_key) do update
set loyal_reach = excluded.loyal_reach, changed_xid = pg_current_xact_id()::text::bigint
where g.loyal_reach is distinct from excluded.loyal_reach
