/* scores::replace: statistics of creators who have some already */
with written as (
    update creator_statistics s
    set tenant_id = n.tenant_id, model_version = n.model_version, events = n.events, anonymous_events = n.anonymous_events,
        engagers = n.engagers, mature_engagers = n.mature_engagers, loyal_engagers = n.loyal_engagers,
        talking_engagers = n.talking_engagers, expected_back = n.expected_back,
        expected_back_variance = n.expected_back_variance, first_day = n.first_day, last_day = n.last_day,
        first_event = n.first_event, discounted = n.discounted, answered_engagers = n.answered_engagers,
        talk_events = n.talk_events, engaged_days = coalesce(n.engaged_days, s.engaged_days), computed_at = now(), changed_xid = pg_current_xact_id()::text::bigint
    from unnest(
        (select $1::uuid[]), $2::int4[], $3::int4[], $4::int8[], $5::int8[], $6::int4[], $7::int4[], $8::int4[], $9::int4[],
        $10::float8[], $11::float8[], $12::date[], $13::date[], $14::date[], $15::jsonb[],
        $16::int4[], $17::int8[], $18::bytea[]
    ) as n (
        creator_key, tenant_id, model_version, events, anonymous_events, engagers, mature_engagers, loyal_engagers,
        talking_engagers, expected_back, expected_back_variance, first_day, last_day, first_event, discounted,
        answered_engagers, talk_events, engaged_days
    )
    where s.creator_key = n.creator_key
    returning s.creator_key
)
insert into statistics_changes (creator_keys)
select array_agg(creator_key) from (select creator_key, row_number() over () / 100 as part from written) parts
group by part
