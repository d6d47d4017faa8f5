/* events::insert: what is not there yet */
insert into events (
    creator_key, event_key, occurred_on, kind, platform, substance, verified, currency, occurred_at, engager_key, post_key,
    reference_key, amount, content_hash
)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::date[], $4::int2[], $5::int2[], $6::int2[], $7::bool[], $8::text[], $9::timestamptz[],
    $10::int8[], $11::int8[], $12::uuid[], $13::int8[], $14::int8[]
)
on conflict do nothing
returning creator_key, event_key, occurred_on
