/* events::insert: known creators only; what is inserted is queued for folding by the same statement */
with input as (
    select * from unnest(
        $1::uuid[], $2::uuid[], $3::date[], $4::int2[], $5::int2[], $6::int2[], $7::bool[], $8::text[],
        $9::timestamptz[], $10::int8[], $11::int8[], $12::uuid[], $13::int8[], $14::int8[], $15::int2[]
    ) with ordinality as input (
        creator_key, event_key, occurred_on, kind, platform, substance, verified, currency,
        occurred_at, engager_key, post_key, reference_key, amount, content_hash, lane, place
    )
), inserted as (
    insert into events (
        creator_key, event_key, occurred_on, kind, platform, substance, verified, currency,
        occurred_at, engager_key, post_key, reference_key, amount, content_hash
    )
    select
        creator_key, event_key, occurred_on, kind, platform, substance, verified, currency,
        occurred_at, engager_key, post_key, reference_key, amount, content_hash
    from input
    where exists (select from creators c where c.creator_key = input.creator_key)
    order by place
    on conflict do nothing
    returning creator_key, event_key, occurred_on, kind, reference_key
), queued as (
    insert into fold_queue (lane, creator_key, event_key, occurred_on)
    select input.lane, creator_key, event_key, occurred_on
    from inserted join input using (creator_key, event_key, occurred_on)
), retracted as (
    insert into retractions (creator_key, event_key)
    select creator_key, reference_key from inserted where kind = 13
    order by 1, 2
    on conflict do nothing
)
select creator_key, event_key, occurred_on from inserted
