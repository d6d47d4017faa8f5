/* sponsorship::write */
insert into creator_sponsorship as p (
    creator_key, tenant_id, posts, sponsored_posts, brands, sponsored_people, sponsored_returned, ordinary_people,
    ordinary_returned, looked_at, statistics_xid
)
select creator_key, tenant_id, $2, $3, $4, $5, $6, $7, $8, $9, $10 from creators
-- What was seen of a creator that was erased meanwhile is not that of a new one of the same id.
where creator_key = $1 and created_at <= $9
on conflict (creator_key) do update
set posts = excluded.posts, sponsored_posts = excluded.sponsored_posts, brands = excluded.brands,
    sponsored_people = excluded.sponsored_people, sponsored_returned = excluded.sponsored_returned,
    ordinary_people = excluded.ordinary_people, ordinary_returned = excluded.ordinary_returned,
    -- Marked while the look was under way, it is to be looked at again. Any write makes another version ($11) of the row.
    looked_at = case when p.xmin::text = $11 then excluded.looked_at else '-infinity' end,
    statistics_xid = excluded.statistics_xid,
    changed_xid = case
        when (p.posts, p.sponsored_posts, p.sponsored_people, p.sponsored_returned, p.ordinary_people, p.ordinary_returned)
             is distinct from (excluded.posts, excluded.sponsored_posts, excluded.sponsored_people,
                               excluded.sponsored_returned, excluded.ordinary_people, excluded.ordinary_returned)
        then pg_current_xact_id()::text::bigint else p.changed_xid end
