/* quality::add: counts and ids that came up since the last time; ids of creators who were erased are not kept */
with counted as (
    insert into quality_counts as present (tenant_id, day, counter, amount)
    select * from unnest($1::int4[], $2::date[], $3::text[], $4::int8[])
    on conflict (tenant_id, day, counter) do update
    set amount = case when excluded.counter = 'ahead_most_ms' then greatest(present.amount, excluded.amount)
                      else present.amount + excluded.amount end
)
insert into unknown_creators as present (creator_key, tenant_id, creator_id, events, first_seen, last_seen)
select * from unnest($5::uuid[], $6::int4[], $7::text[], $8::int8[], $9::timestamptz[], $10::timestamptz[])
    as seen (creator_key, tenant_id, creator_id, events, first_seen, last_seen)
where not exists (select from erasures e where e.creator_key = seen.creator_key)
on conflict (creator_key) do update
set events = present.events + excluded.events, first_seen = least(present.first_seen, excluded.first_seen),
    last_seen = greatest(present.last_seen, excluded.last_seen)
