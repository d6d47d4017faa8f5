-- Posts of creators. The version starts at the microsecond in which a post is made and counts up from there, so that an
-- entity tag of a deleted post never fits a new one of the same id. metrics_at is the time of the newest counts.
create table posts (
    creator_key uuid not null,
    post_key bigint not null,
    post_id text collate "C" not null,
    published_at timestamptz not null,
    platform smallint not null,
    sponsored boolean not null,
    brand text collate "C",
    topics text[] not null,
    metrics_at timestamptz,
    version bigint not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (creator_key, post_key)
) with (fillfactor = 85);
create index posts_by_time on posts (creator_key, published_at, post_key);

-- What platforms count of a post, as of a time. Rows are only added.
create table post_metrics (
    creator_key uuid not null,
    post_key bigint not null,
    as_of timestamptz not null,
    views bigint,
    reach bigint,
    reach_non_followers bigint,
    likes bigint,
    comments bigint,
    saves bigint,
    shares bigint,
    primary key (creator_key, post_key, as_of)
);

-- The window of a creator now also holds posts; first_event tells since when its people were observed.
alter table creator_statistics
    add column first_event date,
    add column posts integer not null default 0,
    add column sponsored_posts integer not null default 0,
    add column engagement_rate double precision,
    add column engagement_rate_posts integer not null default 0,
    add column reach_per_follower double precision,
    add column reach_per_follower_posts integer not null default 0,
    add column non_follower_share double precision,
    add column non_follower_share_posts integer not null default 0;
update creator_statistics set first_event = first_day;
