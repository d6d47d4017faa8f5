/* insight::related: votes of the people of a tenant for pairs of its niches, as far as so many people ($4) are in both.

   Every person has one vote, split evenly over the ordered pairs of different creators it engages with, and those over the
   pairs of their declared niches. People who engage with more creators than $3 are left out: pairs grow with the square, and
   most of those are no people; so are discounted relationships. Costs one pass over the relationships of the sampled people,
   whose keys are hashes. */
with own as (
    select c.creator_key, (account ->> 'engager_key')::bigint as engager_key
    from creators c cross join jsonb_array_elements(c.accounts) as account
    where c.tenant_id = $1 and account ? 'engager_key'
), engaged as (
    select r.creator_key, r.engager_key
    from creators c join relationships r using (creator_key)
    where c.tenant_id = $1 and c.niches <> '{}' and r.engager_key <> 0 and r.active_days <> ''
      and (r.engager_key & 1023) < $2
      and not exists (select from own where own.creator_key = r.creator_key and own.engager_key = r.engager_key)
      and not exists (select from edge_discounts d where d.creator_key = r.creator_key and d.engager_key = r.engager_key)
), named as materialized (
    select niche, row_number() over ()::int4 as number
    from (select distinct niche from creators cross join unnest(niches) as n (niche) where tenant_id = $1) as all_niches
), declared as materialized (
    select c.creator_key, named.number as niche, 1::float8 / cardinality(c.niches) as part
    from creators c cross join unnest(c.niches) as n (niche) join named using (niche)
    where c.tenant_id = $1
), people as materialized (
    select engager_key, count(*)::float8 as creators from engaged group by engager_key having count(*) between 2 and $3
), counted as materialized (
    select e.creator_key, e.engager_key, p.creators from engaged e join people p using (engager_key)
), voted as materialized (
    select creator_key, sum(1 / creators) as votes from counted group by creator_key
), of_niches as (
    select niche, sum(votes * part) as votes from voted join declared using (creator_key) group by niche
), same as (
    select a.niche, b.niche as other, sum(v.votes * v.votes * a.part * b.part) as squares
    from voted v join declared a using (creator_key) join declared b using (creator_key)
    where a.niche < b.niche
    group by a.niche, b.niche
), of_people as materialized (
    select engager_key, creators, niche, sum(part) as votes
    from counted join declared using (creator_key)
    group by engager_key, creators, niche
), products as (
    select a.engager_key, a.creators, a.niche, b.niche as other, a.votes * b.votes as product
    from of_people a join of_people b using (engager_key)
    where a.niche < b.niche
    union all
    -- A creator is no pair with itself.
    select engager_key, creators, a.niche, b.niche, - a.part * b.part
    from counted join declared a using (creator_key) join declared b using (creator_key)
    where a.niche < b.niche
), both_of as (
    select niche, other, sum(product) / (creators * (creators - 1)) as votes
    from products
    group by engager_key, creators, niche, other
    -- But for rounding it is 0 when there is one creator only.
    having sum(product) > 1e-6
), pairs as (
    select niche, other, count(*)::int4 as people, sum(votes) as votes, sum(votes * votes) as squares
    from both_of
    group by niche, other having count(*) >= $4
)
select one.niche, two.niche as other, p.people, p.votes, p.squares, a.votes as of_niche, b.votes as of_other,
       coalesce(s.squares, 0) as same, (select count(*)::float8 from people) as all_votes,
       (select sum(votes * votes) from voted) as all_squares
from pairs p
join named one on one.number = p.niche
join named two on two.number = p.other
join of_niches a on a.niche = p.niche
join of_niches b on b.niche = p.other
left join same s on s.niche = p.niche and s.other = p.other
