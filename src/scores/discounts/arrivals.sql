/* discounts::arrivals: who came for the first time to creators ($2) in the weeks of crowds ($3), one for each, of people whose
   keys have $4 as remainder by $5 only, so that memory is bounded. Days are numbers of seven bits a byte, the lowest first, the
   last one below 128; those before 1970 have five and are none. Costs one pass over the relationships of these creators. */
with own as (
    select c.creator_key, (account ->> 'engager_key')::bigint as engager_key
    from creators c cross join jsonb_array_elements(c.accounts) as account
    where c.tenant_id = $1 and account ? 'engager_key'
), crowds as materialized (
    select creator_key, array_agg(week) as weeks
    from unnest((select $2::uuid[]), (select $3::int4[])) as crowd (creator_key, week)
    group by creator_key
), came as (
    select r.creator_key, r.engager_key, crowds.weeks,
           case when get_byte(r.active_days, 0) < 128 then get_byte(r.active_days, 0)
                when get_byte(r.active_days, 1) < 128
                then get_byte(r.active_days, 0) - 128 + 128 * get_byte(r.active_days, 1)
                when get_byte(r.active_days, 2) < 128
                then get_byte(r.active_days, 0) - 128 + 128 * (get_byte(r.active_days, 1) - 128)
                     + 16384 * get_byte(r.active_days, 2) end as first_day
    from crowds join relationships r using (creator_key)
    where r.engager_key <> 0 and r.active_days <> '' and (r.engager_key & 1023) % $5 = $4
      and not exists (select from own where own.creator_key = r.creator_key and own.engager_key = r.engager_key)
), of_weeks as (
    -- 1970-01-01 was a Thursday, three days after a Monday.
    select creator_key, engager_key, weeks, (first_day + 3) / 7 as week from came
)
select creator_key, week, array_agg(engager_key) as people
from of_weeks where week = any (weeks)
group by creator_key, week
