/* scores::write */
with written as (
    insert into creator_statistics (
        creator_key, tenant_id, model_version, events, anonymous_events, engagers, mature_engagers, loyal_engagers,
        talking_engagers, expected_back, expected_back_variance, first_day, last_day,
        first_event, discounted, answered_engagers, talk_events, observed_until, live_recent, live_lasting, engaged_days
    )
    select * from unnest(
        $1::uuid[], $2::int4[], $3::int4[], $4::int8[], $5::int8[], $6::int4[], $7::int4[], $8::int4[], $9::int4[],
        $10::float8[], $11::float8[], $12::date[], $13::date[], $14::date[], $15::jsonb[],
        $16::int4[], $17::int8[], $18::date[], $19::float8[], $20::float8[], $21::bytea[]
    )
    on conflict (creator_key) do update
    set model_version = excluded.model_version, events = excluded.events, anonymous_events = excluded.anonymous_events,
        engagers = excluded.engagers, mature_engagers = excluded.mature_engagers, loyal_engagers = excluded.loyal_engagers,
        talking_engagers = excluded.talking_engagers, expected_back = excluded.expected_back,
        expected_back_variance = excluded.expected_back_variance, first_day = excluded.first_day,
        last_day = excluded.last_day, first_event = excluded.first_event, discounted = excluded.discounted,
        answered_engagers = excluded.answered_engagers, talk_events = excluded.talk_events,
        observed_until = excluded.observed_until, live_recent = excluded.live_recent, live_lasting = excluded.live_lasting,
        engaged_days = excluded.engaged_days, computed_at = now(),
        changed_xid = pg_current_xact_id()::text::bigint
    returning creator_key
)
insert into statistics_changes (creator_keys)
select array_agg(creator_key) from (select creator_key, row_number() over () / 100 as part from written) parts
group by part
