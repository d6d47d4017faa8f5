-- How much an act of each kind counts for a tenant, all versions of it; version 1 is built in and not here. weights null: the
-- built-in ones again.
create table tenant_edge_weights (
    tenant_id integer not null references tenants,
    version integer not null check (version > 1),
    weights jsonb,
    set_at timestamptz not null default now(),
    primary key (tenant_id, version)
);
