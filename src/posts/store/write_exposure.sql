/* posts::write_exposure */
insert into creator_exposure as x (
    creator_key, tenant_id, posts, sponsored_posts, engagement_rate, engagement_rate_posts, reach_per_follower,
    reach_per_follower_posts, non_follower_share, non_follower_share_posts
)
select * from unnest(
    $1::uuid[], $2::int4[], $3::int4[], $4::int4[], $5::float8[], $6::int4[], $7::float8[], $8::int4[], $9::float8[],
    $10::int4[]
)
on conflict (creator_key) do update
set posts = excluded.posts, sponsored_posts = excluded.sponsored_posts, engagement_rate = excluded.engagement_rate,
    engagement_rate_posts = excluded.engagement_rate_posts, reach_per_follower = excluded.reach_per_follower,
    reach_per_follower_posts = excluded.reach_per_follower_posts, non_follower_share = excluded.non_follower_share,
    non_follower_share_posts = excluded.non_follower_share_posts, changed_xid = pg_current_xact_id()::text::bigint
where (x.posts, x.sponsored_posts, x.engagement_rate, x.engagement_rate_posts, x.reach_per_follower,
       x.reach_per_follower_posts, x.non_follower_share, x.non_follower_share_posts)
    is distinct from
      (excluded.posts, excluded.sponsored_posts, excluded.engagement_rate, excluded.engagement_rate_posts,
       excluded.reach_per_follower, excluded.reach_per_follower_posts, excluded.non_follower_share,
       excluded.non_follower_share_posts)
