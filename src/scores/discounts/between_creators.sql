/* discounts::between_creators: who of a tenant's creators engages with whom, by which account; only creators who engage
   with somebody who returns it, since others are in no ring. Costs one pass over the relationships of the tenant: the planner
   believes that there are few different accounts and would walk the whole index for each of them, so that it must not see that
   there is one. */
with own as (
    select c.creator_key, (account ->> 'engager_key')::bigint as engager_key
    from creators c cross join jsonb_array_elements(c.accounts) as account
    where c.tenant_id = $1 and account ? 'engager_key'
), engaged as (
    select own.creator_key as from_creator, r.creator_key as to_creator, r.engager_key
    from own join relationships r on r.engager_key + 0 = own.engager_key
         join creators c on c.creator_key = r.creator_key
    where c.tenant_id = $1 and r.active_days <> '' and r.creator_key <> own.creator_key
), answered as (
    select distinct e.from_creator from engaged e join engaged back
        on back.from_creator = e.to_creator and back.to_creator = e.from_creator
)
select from_creator, to_creator, engager_key from engaged join answered using (from_creator)
