-- What else the people who engage with a creator engage with: shares of niches, the creator's own contribution left out.
create table creator_communities (
    creator_key uuid primary key,
    tenant_id integer not null references tenants,
    people integer not null,
    niches text[] not null,
    shares double precision[] not null,
    changed_xid bigint not null default (pg_current_xact_id()::text::bigint)
);
create index creator_communities_changed on creator_communities (changed_xid);

-- When a tenant's communities were counted last, and over how many engaged people.
create table community_counts (
    tenant_id integer primary key references tenants,
    engagers bigint not null,
    counted_at timestamptz not null default now()
);
