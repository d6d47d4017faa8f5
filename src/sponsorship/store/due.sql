/* sponsorship::due: creators of a tenant after one who have or had sponsored posts, and of whom something may be different
   than when they were looked at: a post described since then or gone, or statistics since then when that was a day ago. */
select c.creator_key
from creators c
left join creator_sponsorship p on p.tenant_id = $1 and p.creator_key = c.creator_key and p.creator_key > $2
left join creator_statistics s on s.tenant_id = $1 and s.creator_key = c.creator_key and s.creator_key > $2
-- One step down the index for each: of an `exists`, PostgreSQL would read all sponsored posts for every page.
left join lateral (select true as there from posts where posts.creator_key = c.creator_key and posts.sponsored limit 1) o on true
where c.tenant_id = $1 and c.creator_key > $2 and (p.creator_key is not null or o.there)
  and (p.creator_key is null or p.looked_at = '-infinity'
       or p.looked_at < now() - interval '1 day' and p.statistics_xid is distinct from s.changed_xid
       or exists (select from posts where posts.creator_key = c.creator_key and posts.described_at > p.looked_at))
order by c.creator_key limit $3
