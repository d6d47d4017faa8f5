/* discounts::of_reach: of the people who engage with $2 or more creators, how many there are, how many of them act in several
   ways, and who engages with all of them by acts of one and the same kind. Of people whose keys have $3 as remainder by $4
   only, so that memory is bounded.

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
      and (r.engager_key & 1023) % $4 = $3
      and not exists (select from own where own.creator_key = r.creator_key and own.engager_key = r.engager_key)
), of_reach as (
    select engager_key from engaged group by engager_key having count(*) >= $2
), kinds as (
    select engager_key,
           substring(encode(counts, 'hex') from '^(?:(?:[89a-f].)*[0-7].){2}((?:00)*)(?:[89a-f].)*[0-7].$') as kind
    from engaged join of_reach using (engager_key)
), people as (
    select engager_key, count(kind) = count(*) and min(kind) = max(kind) as is_one from kinds group by engager_key
)
select count(*) as people, count(*) filter (where not is_one) as mixed,
       coalesce(array_agg(engager_key) filter (where is_one), '{}') as of_one_kind
from people
