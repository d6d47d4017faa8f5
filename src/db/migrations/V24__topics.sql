-- In which niches the newest posts of a creator are: how many of them have topics that could be read, and the share of each
-- niche in these. Beside what its people engage with elsewhere: both are what is observed of a creator, and both are read with it.
alter table creator_communities add column topic_posts integer not null default 0;
alter table creator_communities add column topic_niches text[] not null default '{}';
alter table creator_communities add column topic_shares double precision[] not null default '{}';

-- The newest posts of a creator that tell what it posts about, however many others there are. Writes to posts wait while this is built.
create index posts_told on posts (creator_key, published_at, post_key) where topics <> '{}' and not sponsored;

-- Creators whose posts may have other topics than were read last. A creator may be in it many times. Older processes write posts
-- without putting their creators into it: stop them first.
create table topic_queue (
    tenant_id integer not null,
    creator_key uuid not null
);
create index topic_queue_creator on topic_queue (tenant_id, creator_key);
alter table topic_queue set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000,
                             autovacuum_vacuum_cost_delay = 0);

-- With which words the topics of a tenant were read, and when somebody last looked whether these are still its words.
create table topic_rounds (
    tenant_id integer primary key references tenants,
    claimed_at timestamptz not null default now(),
    words text collate "C" not null default ''
);
