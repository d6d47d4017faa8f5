-- What was published of a creator at the end of a UTC day; no row for a day on which it was what the row before says.
-- About 217 bytes with the index, at most 184 rows of a creator, so up to 40 kB where something changes every day.
create table creator_score_history (
    creator_key uuid not null,
    events bigint not null,
    loyal_reach double precision not null,
    day date not null,
    model_version integer not null,
    engagers integer not null,
    observed_days integer not null,
    trusted_people integer not null,
    components bytea not null,
    primary key (creator_key, day)
);
-- Every round drops rows that have grown old, those of all creators within minutes.
alter table creator_score_history set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- How far a tenant's creators are recorded: the day, and the last of them in the order of their keys.
create table score_history_rounds (
    tenant_id integer primary key references tenants,
    day date not null,
    after_key uuid,
    finished boolean not null default false
);
