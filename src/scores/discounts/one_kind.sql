/* discounts::one_kind: relationships of people who engage with $2 or more creators, with all of them by acts of one and the
   same kind, where there are $3 or more people of such reach and a share of $4 of them mix kinds: where nobody does, it is
   the data that has one kind. Of people whose keys have $5 as remainder by $6 only, so that memory is bounded.

   Counts are numbers of seven bits a byte, the last one below 128, by kind, without those behind the last kind that was
   seen. The first two slots are talk with substance and views. So what lies between them and the last number tells which
   kind the last one is, when all of it is zeros; otherwise there are several, or the creator answered. Costs one pass over
   the tenant's relationships. */
with own as (
    select c.creator_key, (account ->> 'engager_key')::bigint as engager_key
    from creators c cross join jsonb_array_elements(c.accounts) as account
    where c.tenant_id = $1 and account ? 'engager_key'
), engaged as (
    select r.creator_key, r.engager_key, r.counts
    from creators c join relationships r using (creator_key)
    where c.tenant_id = $1 and r.engager_key <> 0 and r.active_days <> ''
      and (r.engager_key & 1023) % $6 = $5
      and not exists (select from own where own.creator_key = r.creator_key and own.engager_key = r.engager_key)
), of_reach as (
    select engager_key from engaged group by engager_key having count(*) >= $2
), kinds as (
    select creator_key, engager_key,
           substring(encode(counts, 'hex') from '^(?:(?:[89a-f].)*[0-7].){2}((?:00)*)(?:[89a-f].)*[0-7].$') as kind
    from engaged join of_reach using (engager_key)
), people as (
    select engager_key, count(kind) = count(*) and min(kind) = max(kind) as is_one from kinds group by engager_key
), usual as (
    select count(*) >= $3 and avg((not is_one)::int) >= $4::float8 as is_mixed from people
)
select creator_key, engager_key from kinds join people using (engager_key) cross join usual where is_one and is_mixed
