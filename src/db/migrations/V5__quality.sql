-- What tenants sent, by the UTC day on which it came in. The names of the counters are in src/quality/model.rs.
create table quality_counts (
    tenant_id integer not null references tenants,
    day date not null,
    counter text collate "C" not null,
    amount bigint not null,
    primary key (tenant_id, day, counter)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.1);
create index quality_counts_day on quality_counts (day);

-- Ids in events under which no creator was registered: the latest of each tenant, kept for 30 days at most.
create table unknown_creators (
    creator_key uuid primary key,
    tenant_id integer not null references tenants,
    creator_id text collate "C" not null,
    events bigint not null,
    first_seen timestamptz not null,
    last_seen timestamptz not null
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.1);
create index unknown_creators_latest on unknown_creators (tenant_id, last_seen);
