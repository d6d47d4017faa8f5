-- Sponsored posts of a creator, and whether its people come back after them as they do after others. brands holds those
-- with most sponsored posts.
create table creator_sponsorship (
    creator_key uuid primary key,
    tenant_id integer not null references tenants,
    posts integer not null,
    sponsored_posts integer not null,
    brands text[] not null,
    sponsored_people integer not null,
    sponsored_returned integer not null,
    ordinary_people integer not null,
    ordinary_returned integer not null,
    -- When posts and events were read (-infinity: they are to be read again), and which version of creator_statistics was
    -- there then; null: none.
    looked_at timestamptz not null,
    statistics_xid bigint,
    changed_xid bigint not null default (pg_current_xact_id()::text::bigint)
);
create index creator_sponsorship_changed on creator_sponsorship (changed_xid);
-- Writes to posts wait while this is built. Stop older processes first: they would answer 503 meanwhile, and go on writing
-- posts without saying when they were described last.
create index posts_sponsored on posts (creator_key) where sponsored;

-- When anything but the counts of a post was another than before last: counts come every hour, and say nothing of sponsors.
alter table posts add column described_at timestamptz not null default now();

-- When the creators of a tenant were last looked through for sponsored posts.
create table sponsorship_rounds (
    tenant_id integer primary key references tenants,
    claimed_at timestamptz not null default now()
);
