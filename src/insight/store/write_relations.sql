/* insight::write: related niches in their order. */
insert into niche_relations (tenant_id, niche_id, place, related_id, people, times_chance, low, high)
select $1, niche, row_number() over (partition by niche order by at), related, people, times, low, high
from unnest($2::text[], $3::text[], $4::int4[], $5::float8[], $6::float8[], $7::float8[])
     with ordinality as found (niche, related, people, times, low, high, at)
