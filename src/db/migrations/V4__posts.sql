-- Posts of creators. The version starts at the microsecond in which a post is made and counts up from there, so that an
-- entity tag of a deleted post never fits a new one of the same id. metrics_at is the time of the newest counts, snapshots
-- how many there are.
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
    snapshots integer not null,
    version bigint not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (creator_key, post_key)
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
create index posts_by_time on posts (creator_key, published_at, post_key);

-- What platforms count of a post, as of a time. Rows are added, never changed, and thinned out where there are many.
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
alter table creator_statistics add column first_event date;
update creator_statistics set first_event = first_day;

-- What the counts of a creator's posts amount to. Not in creator_statistics, whose rows are written with every event.
create table creator_exposure (
    creator_key uuid primary key,
    tenant_id integer not null references tenants,
    posts integer not null,
    sponsored_posts integer not null,
    engagement_rate double precision,
    engagement_rate_posts integer not null,
    reach_per_follower double precision,
    reach_per_follower_posts integer not null,
    non_follower_share double precision,
    non_follower_share_posts integer not null,
    changed_xid bigint not null default (pg_current_xact_id()::text::bigint)
);
