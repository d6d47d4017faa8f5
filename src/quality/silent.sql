/* quality::silent_feeds: creators with a regular feed that ended long before the tenant's latest event */
with regular as (
    select creator_key, last_day, (last_day - first_day)::float8 / (events + anonymous_events - 1) as usual_gap
    from creator_statistics
    where tenant_id = $1 and last_day - first_day >= $2::int4 and events + anonymous_events >= $3::int8
), latest_silent as (
    select creator_key, last_day, usual_gap, count(*) over () as creators from regular
    where (select max(last_day) from creator_statistics where tenant_id = $1) - last_day
          >= greatest($4::float8, $5::float8 * usual_gap)
    order by last_day desc, creator_key limit $6
)
select creator_id, last_day, usual_gap, creators
from latest_silent join creators using (creator_key) order by last_day desc, creator_id
