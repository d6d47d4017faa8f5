-- Whose statistics a transaction wrote, some creators a row: what replicas look into instead of an index over
-- creator_statistics.changed_xid. Statistics are written with every event, and an index over what every write changes keeps
-- all of them from staying within their page. Kept for an hour (see snapshot::feed).
create table statistics_changes (
    changed_xid bigint not null default (pg_current_xact_id()::text::bigint),
    changed_at timestamptz not null default now(),
    creator_keys uuid[] not null
) with (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
create index statistics_changes_xid on statistics_changes (changed_xid);

-- Stop older processes first: they would write statistics without telling whose.
drop index creator_statistics_changed;
