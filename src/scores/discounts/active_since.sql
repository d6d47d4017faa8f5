/* discounts::active_since: people of these creators ($2) who were seen on a day ($3) or later, with their active days; those
   whose keys have $4 as remainder by $5 only, so that memory is bounded. Costs one pass over the relationships of these
   creators. */
with own as (
    select c.creator_key, (account ->> 'engager_key')::bigint as engager_key
    from creators c cross join jsonb_array_elements(c.accounts) as account
    where c.tenant_id = $1 and c.creator_key = any ($2) and account ? 'engager_key'
)
select r.creator_key, r.engager_key, r.active_days
from unnest((select $2::uuid[])) as asked (creator_key) join relationships r using (creator_key)
where r.engager_key <> 0 and r.active_days <> '' and r.last_seen >= $3 and (r.engager_key & 1023) % $5 = $4
  and not exists (select from own where own.creator_key = r.creator_key and own.engager_key = r.engager_key)
