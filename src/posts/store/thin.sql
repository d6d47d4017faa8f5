/* posts::thin */
with ranked as (
    select creator_key, post_key, as_of,
           row_number() over (partition by creator_key, post_key order by as_of) as place,
           count(*) over (partition by creator_key, post_key) - $3::int8 as older
    from unnest((select $1::uuid[]), (select $2::int8[])) as wanted (creator_key, post_key)
    join post_metrics using (creator_key, post_key)
), gone as (
    delete from post_metrics m using ranked r
    where m.creator_key = r.creator_key and m.post_key = r.post_key and m.as_of = r.as_of
      and r.place <= r.older and (r.place - 1) % ceil(r.older::numeric / $4::int8)::int8 <> 0
    returning m.creator_key, m.post_key
)
update posts p set snapshots = p.snapshots - thinned.gone
from (select creator_key, post_key, count(*)::int4 as gone from gone group by creator_key, post_key) thinned
where p.creator_key = thinned.creator_key and p.post_key = thinned.post_key
