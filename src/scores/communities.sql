/* communities::count: for each creator of a tenant, the niches of the other creators that its people engage with.

   Every person has one vote per creator engaged with, split over that creator's declared niches. A person counts for
   a creator with the votes cast for others, so a creator's own niches say nothing about its community. Costs one pass
   over the relationships of the sampled people, whose keys are hashes: a share of them is a fair sample.

   Niches that are popular everywhere are popular here, too, and tell little. So niches stand in the order of how much
   the people speak for them: the logarithm of how likely a niche is (its usual share), times how likely these votes
   are if it is the creator's (Dirichlet-multinomial naive Bayes, summed over people). To each person's votes is added
   what is usual, a quarter of the root of their number: what one person does is of a piece, so that many votes of one
   person tell less than as many of many. Sums are rounded, so that the order in which they were added up changes nothing.

   Of the people of a creator who are looked at a few leave marks, as scores::people_sample tells. */
with own as (
    select c.creator_key, (account ->> 'engager_key')::bigint as engager_key
    from creators c cross join jsonb_array_elements(c.accounts) as account
    where c.tenant_id = $1 and account ? 'engager_key'
), engaged as (
    select r.creator_key, r.engager_key
    from creators c join relationships r using (creator_key)
    where c.tenant_id = $1 and r.engager_key <> 0 and r.active_days <> ''
      and (r.engager_key & 1023) < $2
      and not exists (select from own where own.creator_key = r.creator_key and own.engager_key = r.engager_key)
), declared as (
    select c.creator_key, n.niche, 1.0 / cardinality(c.niches) as vote
    from creators c cross join unnest(c.niches) as n (niche)
    where c.tenant_id = $1
), voters as (
    select distinct creator_key from declared
), people as (
    select engager_key, count(*) as creators from engaged join voters using (creator_key) group by engager_key
), pairs as (
    select e.creator_key, e.engager_key, p.creators - (v.creator_key is not null)::int as others
    from engaged e join people p using (engager_key) left join voters v on v.creator_key = e.creator_key
    where p.creators > (v.creator_key is not null)::int
), votes as (
    select engager_key, niche, creators, sum(vote) as votes
    from engaged join people using (engager_key) join declared using (creator_key)
    group by engager_key, niche, creators
), usual as (
    select niche, (sum(votes / creators) / (select count(*) from people))::float8 as share
    from votes
    group by niche
), observed as (
    select p.creator_key, v.niche, sum((v.votes - coalesce(mine.vote, 0)) / p.others) as weight,
           sum(ln(1 + 4 * (v.votes - coalesce(mine.vote, 0))::float8 / (sqrt(p.others) * u.share))) + ln(min(u.share)) as evidence
    from pairs p
    join votes v using (engager_key)
    join usual u on u.niche = v.niche
    left join declared mine on mine.creator_key = p.creator_key and mine.niche = v.niche
    group by p.creator_key, v.niche
), reached as (
    select creator_key, count(*) as people from pairs group by creator_key
), ranked as (
    select creator_key, niche, weight / people as share, people,
           round(evidence::numeric, 6) as evidence,
           row_number() over (partition by creator_key order by weight desc, niche) as place
    from observed join reached using (creator_key)
    where weight >= 0.02 * people
), least as (
    select creator_key, (engager_key >> 10) & 15 as place, min(engager_key) as engager_key
    from engaged
    group by creator_key, place
), marked as (
    select creator_key, place / 8 as number, (1 + ((engager_key >> 14) & 65535) % 255) << (place % 8 * 8)::int as mark
    from least
), sampled as (
    select creator_key, array[coalesce(bit_or(mark) filter (where number = 0), 0),
                              coalesce(bit_or(mark) filter (where number = 1), 0)] as people_sample
    from marked
    group by creator_key
), counted as (
    select creator_key, max(people)::int as people,
           array_agg(niche order by evidence desc, niche) as niches,
           array_agg(share::float8 order by evidence desc, niche) as shares
    from ranked where place <= 8
    group by creator_key
)
insert into creator_communities (creator_key, tenant_id, people, niches, shares, people_sample)
select k.creator_key, $1, coalesce(n.people, 0), coalesce(n.niches, '{}'), coalesce(n.shares, '{}'),
       coalesce(s.people_sample, '{0,0}')
from creators k
left join counted n using (creator_key)
left join sampled s using (creator_key)
left join creator_communities before using (creator_key)
where k.tenant_id = $1 and (s.creator_key is not null or before.creator_key is not null)
  -- Those that are as they were are not even locked: there is one for every creator with people. Beside one count, topics are written
  -- here, in the same order of keys.
  and (before.people, before.niches, before.shares, before.people_sample)
      is distinct from (coalesce(n.people, 0), coalesce(n.niches, '{}'), coalesce(n.shares, '{}'), coalesce(s.people_sample, '{0,0}'))
order by k.creator_key
on conflict (creator_key) do update
set people = excluded.people, niches = excluded.niches, shares = excluded.shares, people_sample = excluded.people_sample,
    changed_xid = pg_current_xact_id()::text::bigint
