-- The fold queue holds facts instead of names of events: a row has the facts of one transaction for one lane, packed as in
-- src/relationships/queue.rs. Folding so reads one row where it read a thousand, and no event at all.
alter table fold_queue rename to fold_queue_by_event;

create table fold_queue (
    lane smallint not null,
    received_at timestamptz not null default now(),
    events integer not null,
    facts bytea not null
);
-- Facts are mostly hashes: there is nothing to compress in them.
alter table fold_queue alter column facts set storage external;

insert into fold_queue (lane, received_at, events, facts)
select lane, min(received_at), count(*),
       string_agg(int2send(kind)
                  || int2send(((case when substance is null then 0 when substance = 0 then 1 else 3 end)
                               | (case when verified then 4 else 0 end)
                               | (case when post_key is null then 0 else 8 end)
                               | (case when reference_key is null then 0 else 16 end))::int2)
                  || uuid_send(creator_key) || uuid_send(event_key) || int8send(engager_key)
                  || int8send((extract(epoch from occurred_at) * 1000000)::int8)
                  || coalesce(int8send(post_key), '') || coalesce(uuid_send(reference_key), ''), '')
from (select q.lane, q.received_at, e.*, row_number() over (partition by q.lane order by q.received_at) / 1000 as part
      from fold_queue_by_event q
      join (select creator_key, event_key, occurred_on, kind, substance, verified, post_key, reference_key, engager_key,
                   occurred_at from events) e using (creator_key, event_key, occurred_on)) waiting
group by lane, part;

drop table fold_queue_by_event;
create index fold_queue_lane on fold_queue (lane, received_at);

-- Queues turn over all the time: they are vacuumed early and at full speed, so that they stay small.
alter table fold_queue set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000,
                            autovacuum_vacuum_cost_delay = 0, toast.autovacuum_vacuum_scale_factor = 0.0,
                            toast.autovacuum_vacuum_threshold = 5000, toast.autovacuum_vacuum_cost_delay = 0);

-- Updates stay within their page while there is room: what folding writes again and again gets room. Large tables are
-- vacuumed by a share of them that is noticed before it hurts, without the pause meant for small machines of old.
alter table relationships set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 20000,
                               autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.05);
alter table creator_statistics set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05,
                                    autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
alter table creators set (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);
