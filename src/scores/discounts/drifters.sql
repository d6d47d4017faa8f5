/* discounts::drifters: relationships of people who engaged with many creators, 30 days or more before the tenant's clock,
   and came back to hardly any, with what they count as: $3 of the usual share of returns counts whole, in steps of a tenth.
   Of people whose keys have $4 as remainder by $5 only, so that memory is bounded. Days are numbers of seven bits a byte,
   the last one below 128: whoever has a second one came back. Costs one pass over the tenant's relationships. */
with own as (
    select c.creator_key, (account ->> 'engager_key')::bigint as engager_key
    from creators c cross join jsonb_array_elements(c.accounts) as account
    where c.tenant_id = $1 and account ? 'engager_key'
), engaged as (
    select r.creator_key, r.engager_key, r.first_seen <= t.observed_until - 30 as is_mature,
           octet_length(r.active_days) > case when get_byte(r.active_days, 0) < 128 then 1
                                              when get_byte(r.active_days, 1) < 128 then 2
                                              when get_byte(r.active_days, 2) < 128 then 3
                                              when get_byte(r.active_days, 3) < 128 then 4 else 5 end as returned
    from tenants t join creators c using (tenant_id) join relationships r using (creator_key)
    where t.tenant_id = $1 and r.engager_key <> 0 and r.active_days <> ''
      and (r.engager_key & 1023) % $5 = $4
      and not exists (select from own where own.creator_key = r.creator_key and own.engager_key = r.engager_key)
), mature as (
    select * from engaged where is_mature or returned
), usual as (
    select avg(returned::int) as share from mature
), drifters as (
    select engager_key, least(round(10 * avg(returned::int) / nullif($3::float8 * max(usual.share), 0)) / 10, 1)::float8 as weight
    from mature cross join usual group by engager_key having count(*) >= $2
)
select creator_key, engager_key, weight from drifters join mature using (engager_key) where weight < 1
