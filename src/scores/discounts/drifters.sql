/* discounts::drifters: relationships of people who engaged with many creators, 30 days or more before the tenant's clock,
   and came back to hardly any, with what they count as: $3 of the usual share of returns counts whole.
   An active day takes three bytes at first, and one or more for every other (see the codec). Costs one pass over the
   relationships of the tenant's creators. */
with engaged as (
    select r.creator_key, r.engager_key, octet_length(r.active_days) > 3 as returned
    from tenants t join creators c using (tenant_id) join relationships r using (creator_key)
    where t.tenant_id = $1 and r.engager_key <> 0 and r.active_days <> ''
      and (octet_length(r.active_days) > 3 or r.first_seen <= t.observed_until - 30)
), usual as (
    select avg(returned::int) as share from engaged
), drifters as (
    select engager_key, least(avg(returned::int) / nullif($3::float8 * max(usual.share), 0), 1)::float8 as weight
    from engaged cross join usual group by engager_key having count(*) >= $2
)
select creator_key, engager_key, weight from drifters join engaged using (engager_key) where weight < 1
