/* history::write */
insert into creator_score_history (
    creator_key, day, model_version, events, engagers, observed_days, trusted_people, loyal_reach, components
)
select creator_key, $1, model_version, events, engagers, observed_days, trusted_people, loyal_reach, components
from unnest(
    $2::uuid[], $3::int4[], $4::int8[], $5::int4[], $6::int4[], $7::int4[], $8::float8[], $9::bytea[]
) as n (creator_key, model_version, events, engagers, observed_days, trusted_people, loyal_reach, components)
on conflict (creator_key, day) do update
set model_version = excluded.model_version, events = excluded.events, engagers = excluded.engagers,
    observed_days = excluded.observed_days, trusted_people = excluded.trusted_people,
    loyal_reach = excluded.loyal_reach, components = excluded.components
