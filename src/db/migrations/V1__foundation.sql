-- Proves that the master key in use is the one this database was set up with.
create table service_identity (
    singleton boolean primary key default true check (singleton),
    key_check bytea not null,
    created_at timestamptz not null default now()
);

create table tenants (
    tenant_id integer generated always as identity primary key,
    name text collate "C" not null unique,
    wrapped_secret bytea not null,
    retention_days integer check (retention_days > 0),
    created_at timestamptz not null default now()
);

create table api_keys (
    key_id text collate "C" primary key,
    tenant_id integer not null references tenants,
    label text not null,
    environment text not null,
    secret_hash bytea not null,
    scopes text[] not null,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
);
create index api_keys_tenant on api_keys (tenant_id);

-- A tenant's own niches; the built-in ones are part of the program.
--
-- changed_xid, here and below, is the transaction that wrote a row last: replicas re-read every row whose transaction
-- may have been open at their previous look, so no change is missed however commits are ordered.
create table niches (
    tenant_id integer not null references tenants,
    niche_id text collate "C" not null,
    parent_id text collate "C",
    name_en text not null,
    name_ro text not null,
    aliases_en text[] not null,
    aliases_ro text[] not null,
    version bigint not null,
    changed_xid bigint not null default (pg_current_xact_id()::text::bigint),
    primary key (tenant_id, niche_id)
);
create index niches_changed on niches (changed_xid);

create table creators (
    creator_key uuid primary key,
    tenant_id integer not null references tenants,
    creator_id text collate "C" not null,
    display_name text not null,
    bio text not null,
    country text not null,
    region text,
    city text,
    languages text[] not null,
    creator_values text[] not null,
    niches text[] not null,
    accounts jsonb not null,
    version bigint not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    changed_xid bigint not null default (pg_current_xact_id()::text::bigint)
);
create unique index creators_by_id on creators (tenant_id, creator_id);
create index creators_changed on creators (changed_xid);

-- Creators whose data is being erased, and tombstones for replicas. swept_at is set when nothing is left.
create table erasures (
    creator_key uuid primary key,
    tenant_id integer not null references tenants,
    version bigint not null,
    requested_at timestamptz not null default now(),
    swept_at timestamptz,
    changed_xid bigint not null default (pg_current_xact_id()::text::bigint)
);
create index erasures_changed on erasures (changed_xid);

-- Raw events, a partition a month. The identity of an event is (creator, event id, UTC date).
create table events (
    creator_key uuid not null,
    event_key uuid not null,
    occurred_on date not null,
    kind smallint not null,
    platform smallint,
    substance smallint,
    verified boolean not null,
    currency text,
    occurred_at timestamptz not null,
    received_at timestamptz not null default now(),
    engager_key bigint not null,
    post_key bigint,
    reference_key uuid,
    amount bigint,
    content_hash bigint not null,
    primary key (creator_key, event_key, occurred_on)
) partition by range (occurred_on);

-- What a retract event takes back: every event of the creator with this id, whenever it comes.
create table retractions (
    creator_key uuid not null,
    event_key uuid not null,
    primary key (creator_key, event_key)
);

-- Events that are stored and not folded yet. Written by the statement that stores the event.
create table fold_queue (
    lane smallint not null,
    received_at timestamptz not null default now(),
    creator_key uuid not null,
    event_key uuid not null,
    occurred_on date not null
);
create index fold_queue_lane on fold_queue (lane, received_at);
alter table fold_queue set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 20000,
                            autovacuum_vacuum_cost_delay = 0);

-- Everything one engager did with one creator; engager 0 stands for acts whose engager is not known.
create table relationships (
    creator_key uuid not null,
    engager_key bigint not null,
    strength double precision not null,
    first_seen date not null,
    last_seen date not null,
    counts bytea not null,
    active_days bytea not null,
    posts bytea not null,
    primary key (creator_key, engager_key)
) with (fillfactor = 85);

-- Creators whose statistics are to be computed anew. A creator may be in it many times.
create table score_queue (
    lane smallint not null,
    creator_key uuid not null,
    enqueued_at timestamptz not null default now()
);
create index score_queue_lane on score_queue (lane, enqueued_at);
alter table score_queue set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 20000,
                             autovacuum_vacuum_cost_delay = 0);

create table creator_statistics (
    creator_key uuid primary key,
    tenant_id integer not null references tenants,
    model_version integer not null,
    events bigint not null,
    anonymous_events bigint not null,
    engagers integer not null,
    mature_engagers integer not null,
    loyal_engagers integer not null,
    talking_engagers integer not null,
    expected_back double precision not null,
    expected_back_variance double precision not null,
    first_day date,
    last_day date,
    computed_at timestamptz not null default now(),
    changed_xid bigint not null default (pg_current_xact_id()::text::bigint)
);
create index creator_statistics_changed on creator_statistics (changed_xid);
create index creator_statistics_tenant on creator_statistics (tenant_id, creator_key);

-- Published scoring models: parameters, niche priors and maps as fitted to a tenant's data.
create table models (
    tenant_id integer not null references tenants,
    version integer not null,
    fitted_at timestamptz not null default now(),
    body jsonb not null,
    primary key (tenant_id, version)
);
