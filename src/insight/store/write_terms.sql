/* insight::write: rising terms in their order. */
insert into niche_terms (tenant_id, niche_id, is_word, place, term, posts, posts_before, creators, times_before, low, high)
select $1, niche, $2, row_number() over (partition by niche order by at), term, posts, posts_before, creators, times, low, high
from unnest($3::text[], $4::text[], $5::int8[], $6::int8[], $7::int8[], $8::float8[], $9::float8[], $10::float8[])
     with ordinality as found (niche, term, posts, posts_before, creators, times, low, high, at)
