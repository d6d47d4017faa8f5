/* insight::uses: how often the creators of each niche of a tenant used terms lately and before, as far as so many creators
   ($7) did. $5, $6: topics, with the number of the term of each.

   Posts that somebody paid for are left out: what a brand has twenty creators say does not rise by itself. Creators are sampled by
   bits of their keys, which are hashes. */
with named as (
    select topic, term from unnest($5::text[], $6::int4[]) as n (topic, term)
), posted as materialized (
    select p.creator_key, p.post_key, p.topics, p.published_at > now() - make_interval(days => $4) as lately
    from creators c join posts p using (creator_key)
    where c.tenant_id = $1 and c.niches <> '{}' and p.topics <> '{}' and not p.sponsored
      and p.published_at > now() - make_interval(days => $3) and p.published_at <= now()
      and ((get_byte(uuid_send(c.creator_key), 13) << 8 | get_byte(uuid_send(c.creator_key), 14)) & 1023) < $2
), posts_of as (
    select creator_key, count(*) filter (where lately) as posts, count(*) filter (where not lately) as posts_before
    from posted group by creator_key
), of_all as (
    select niche, sum(posts)::int8 as posts, sum(posts_before)::int8 as posts_before
    from posts_of join creators using (creator_key) cross join unnest(niches) as n (niche)
    group by niche
), used as (
    -- Once in a post, however many of its topics have it.
    select creator_key, post_key, lately, term
    from posted cross join unnest(topics) as t (topic) join named using (topic)
    group by creator_key, post_key, lately, term
), of_creators as materialized (
    select creator_key, term, count(*) filter (where lately) as posts, count(*) filter (where not lately) as posts_before
    from used group by creator_key, term
), shared as (
    -- Most terms are those of few, whatever the niche.
    select term from of_creators group by term having count(*) >= $7
), uses as (
    select niche, term, count(*) filter (where posts > 0) as creators, sum(posts)::int8 as posts,
           sum(posts_before)::int8 as posts_before, sum((posts + posts_before)::float8 ^ 2) as squares
    from of_creators join shared using (term) join creators using (creator_key) cross join unnest(niches) as n (niche)
    group by niche, term having count(*) >= $7
)
select u.*, a.posts as all_posts, a.posts_before as all_posts_before
from uses u join of_all a using (niche)
