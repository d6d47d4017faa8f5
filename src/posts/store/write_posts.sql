/* posts::write_posts */
insert into posts (
    creator_key, post_key, post_id, published_at, platform, sponsored, brand, topics, metrics_at, snapshots, version
)
select
    creator_key, post_key, post_id, published_at, platform, sponsored, brand, string_to_array(topics, E'\n'),
    metrics_at, snapshots, (extract(epoch from clock_timestamp()) * 1000000)::bigint
from unnest(
    $1::uuid[], $2::int8[], $3::text[], $4::timestamptz[], $5::int2[], $6::bool[], $7::text[], $8::text[],
    $9::timestamptz[], $10::int4[]
) as input (
    creator_key, post_key, post_id, published_at, platform, sponsored, brand, topics, metrics_at, snapshots
)
on conflict (creator_key, post_key) do update
set published_at = excluded.published_at, platform = excluded.platform, sponsored = excluded.sponsored,
    brand = excluded.brand, topics = excluded.topics, metrics_at = excluded.metrics_at,
    snapshots = excluded.snapshots, version = posts.version + 1, updated_at = now(),
    -- Counts alone are no reason to look at who came back after the post.
    described_at = case
        when (posts.published_at, posts.platform, posts.sponsored, posts.brand)
             is distinct from (excluded.published_at, excluded.platform, excluded.sponsored, excluded.brand)
        then now() else posts.described_at end
