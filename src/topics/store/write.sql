/* topics::write: $1 creators in the order of their keys, $2 how many of their posts could be read, $3 how many niches each has
   among the niches $4 with the shares $5, which lie one creator after the other. Communities are counted beside: both write in the
   order of keys, and each its own columns. */
with read as (
    select creator_key, posts, (sum(niches) over (order by place))::int4 as last, niches
    from unnest((select $1::uuid[]), (select $2::int4[]), (select $3::int4[]))
         with ordinality as r (creator_key, posts, niches, place)
), sliced as (
    select creator_key, posts, ($4::text[])[last - niches + 1 : last] as niches,
           ($5::float8[])[last - niches + 1 : last] as shares
    from read
)
insert into creator_communities (creator_key, tenant_id, people, niches, shares, topic_posts, topic_niches, topic_shares)
select c.creator_key, c.tenant_id, 0, '{}', '{}', r.posts, r.niches, r.shares
from sliced r
-- What was read of a creator that was erased meanwhile is not that of a new one of the same id.
join creators c on c.creator_key = r.creator_key and c.created_at <= now()
left join creator_communities before on before.creator_key = c.creator_key
where (coalesce(before.topic_posts, 0), coalesce(before.topic_niches, '{}'), coalesce(before.topic_shares, '{}'))
      is distinct from (r.posts, r.niches, r.shares)
order by c.creator_key
on conflict (creator_key) do update
set topic_posts = excluded.topic_posts, topic_niches = excluded.topic_niches, topic_shares = excluded.topic_shares,
    changed_xid = pg_current_xact_id()::text::bigint
