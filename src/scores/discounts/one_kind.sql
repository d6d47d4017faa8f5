/* discounts::one_kind: relationships of people ($2) who act in one way only. Costs one pass over the tenant's
   relationships. */
with own as (
    select c.creator_key, (account ->> 'engager_key')::bigint as engager_key
    from creators c cross join jsonb_array_elements(c.accounts) as account
    where c.tenant_id = $1 and account ? 'engager_key'
)
select r.creator_key, r.engager_key
from creators c join relationships r using (creator_key)
join unnest((select $2::int8[])) as of_one_kind (engager_key) using (engager_key)
where c.tenant_id = $1 and r.active_days <> ''
  and not exists (select from own where own.creator_key = r.creator_key and own.engager_key = r.engager_key)
