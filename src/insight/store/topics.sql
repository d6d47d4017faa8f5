/* insight::topics: topics of the posts that are compared. */
select distinct topic
from creators c join posts p using (creator_key) cross join unnest(p.topics) as t (topic)
where c.tenant_id = $1 and c.niches <> '{}' and not p.sponsored
  and p.published_at > now() - make_interval(days => $3) and p.published_at <= now()
  and ((get_byte(uuid_send(c.creator_key), 13) << 8 | get_byte(uuid_send(c.creator_key), 14)) & 1023) < $2
