-- Raw events may go when their retention is over: what they amount to is kept in a base, so that base and raw events are
-- always the whole of a relationship.
--
-- Events of a tenant before this day are refused for good, whatever its retention becomes. A month is summed up only when
-- it is closed in this way, so nothing can arrive behind the sum.
alter table tenants add column closed_before date;

-- What the events of a relationship amount to that are counted as gone from the raw events; columns as in relationships.
create table relationship_base (
    creator_key uuid not null,
    engager_key bigint not null,
    strength double precision not null,
    first_seen date not null,
    last_seen date not null,
    counts bytea not null,
    active_days bytea not null,
    posts bytea not null,
    primary key (creator_key, engager_key)
);

-- Events of the creator before this day are in its base and no longer looked at, whether their rows still exist or not.
create table creator_bases (
    creator_key uuid primary key,
    through date not null
);

-- Months in which some tenant keeps its events, and the tenants whose events there are gone: nothing is left to do in them
-- until another tenant closes the month. Saves reading the keys of a whole month at every look.
create table settled_months (
    month date primary key,
    tenants integer[] not null,
    settled_at timestamptz not null
);

-- Keeps events out of a month that is about to go. The lock that making the trigger takes waits for every insert under way,
-- and for no reader.
create function refuse_leaving_month() returns trigger language plpgsql as $$
begin
    raise exception 'the events of this month are being dropped' using errcode = 'VC001';
end $$;

-- Events are written once and never changed. Vacuum looks at new pages only, so it may come often and is never long; rows
-- are frozen at its first visit, while their pages are in memory, instead of all at once years later. A fixed number of
-- rows, because a share of a month that grows is reached ever more seldom. Events of a creator look alike throughout
-- a month: a few samples of it will do. Partitions made from now on get the same in src/db/partitions.
do $$
declare
    partition regclass;
begin
    for partition in select inhrelid from pg_inherits where inhparent = 'events'::regclass loop
        execute format('alter table %s set (autovacuum_vacuum_insert_scale_factor = 0.0, autovacuum_vacuum_insert_threshold = 200000,
                        autovacuum_freeze_min_age = 0, autovacuum_analyze_scale_factor = 0.3,
                        autovacuum_analyze_threshold = 20000)', partition);
    end loop;
end $$;

-- Merged into once a month and creator: room in the pages for that, and vacuum before much of it is dead.
alter table relationship_base set (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 20000,
                                   autovacuum_vacuum_cost_delay = 0);
-- One small row per creator that is changed once a month; each update fits into its page.
alter table creator_bases set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.1);
-- Written once and never changed, like events: frozen at the first visit.
alter table retractions set (autovacuum_vacuum_insert_scale_factor = 0.0, autovacuum_vacuum_insert_threshold = 100000,
                             autovacuum_freeze_min_age = 0);
-- A new model puts every creator of a tenant into the queue, and all are out of it soon after: as for the fold queue, so that
-- looking for the oldest does not step over the dead.
alter table score_queue set (autovacuum_vacuum_threshold = 5000);
-- Counted anew every hour, changed where people moved; updates never fit into the page, as the index of changes moves, so
-- dead rows and index entries pile up early.
alter table creator_communities set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000,
                                     autovacuum_vacuum_cost_delay = 0);
-- tenants, api_keys, niches, erasures, models, community_counts, service_identity, settled_months: small or seldom changed;
-- PostgreSQL's defaults do.
