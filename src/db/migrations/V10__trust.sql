-- People whom a tenant names as trusted, by pseudonym.
create table trust_seeds (
    tenant_id integer not null references tenants,
    engager_key bigint not null,
    named_at timestamptz not null default now(),
    primary key (tenant_id, engager_key)
);

-- When a tenant's trust was renewed last, and what was found.
create table trust_generations (
    tenant_id integer primary key references tenants,
    claimed_at timestamptz not null default now(),
    generation integer not null default 0,
    computed_at timestamptz,
    seeds integer not null default 0,
    trusted integer not null default 0
);

-- The trusted people of a creator, added up. Whom trust reaches is not kept.
create table creator_trust (
    creator_key uuid primary key,
    tenant_id integer not null references tenants,
    people integer not null,
    mass double precision not null,
    back double precision not null,
    variance double precision not null,
    changed_xid bigint not null default (pg_current_xact_id()::text::bigint)
);
create index creator_trust_changed on creator_trust (changed_xid);
create index creator_trust_tenant on creator_trust (tenant_id);
-- Renewed every hour where sums moved; updates never fit into the page, as the index of changes moves.
alter table creator_trust set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000,
                               autovacuum_vacuum_cost_delay = 0);
