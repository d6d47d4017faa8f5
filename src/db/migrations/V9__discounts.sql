-- What discounts take away from the sums of a creator; null for most, of whom nothing is discounted.
alter table creator_statistics add column discounted jsonb;

-- Relationships that count less because of what was seen of many creators. Crowds are seen in each creator by itself, and
-- are kept with its statistics.
create table edge_discounts (
    creator_key uuid not null,
    engager_key bigint not null,
    tenant_id integer not null references tenants,
    pattern smallint not null,
    weight double precision not null check (weight >= 0 and weight < 1),
    primary key (creator_key, engager_key)
);
create index edge_discounts_tenant on edge_discounts (tenant_id);

-- When a tenant's relationships were last looked through for what no single creator shows.
create table discount_looks (
    tenant_id integer primary key references tenants,
    claimed_at timestamptz not null default now()
);

-- Everything is summed up anew, with the weeks in which crowds came. Stop older processes first: they would go on writing
-- sums that know nothing of it.
insert into score_queue (lane, creator_key)
select (get_byte(uuid_send(creator_key), 15) % 64)::int2, creator_key from creators;
