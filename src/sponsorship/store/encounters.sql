/* sponsorship::encounters: days from $3 to $4 on which people ($2) acted on posts of a creator, and whether any of those
   was sponsored. $5: kinds of acts that make a day an active one. Reads the raw events of the creator in those days. */
select e.engager_key, e.occurred_on, bool_or(p.sponsored) as sponsored
from events e
join unnest((select $2::int8[])) as loyal (engager_key) using (engager_key)
join posts p on p.creator_key = e.creator_key and p.post_key = e.post_key
where e.creator_key = $1 and e.occurred_on between $3 and $4 and e.kind = any ($5)
  and e.occurred_on >= coalesce((select through from creator_bases where creator_key = $1), '-infinity')
  and not exists (select from retractions r where r.creator_key = e.creator_key and r.event_key = e.event_key)
group by e.engager_key, e.occurred_on
