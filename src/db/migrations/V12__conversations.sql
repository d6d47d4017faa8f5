-- People who talk and were answered, and all comments, replies and answers: when there are others, conversations are looked
-- at anew.
alter table creator_statistics
    add column answered_engagers integer not null default 0,
    add column talk_events bigint not null default 0;

-- Everything is summed up anew, and models that know nothing of answers are fitted again. Stop older processes first: they
-- would go on writing sums that know nothing of it.
insert into score_queue (lane, creator_key)
select (get_byte(uuid_send(creator_key), 15) % 64)::int2, creator_key from creators;
update models set body = jsonb_set(body, '{basis,engagers}', '0');

-- What the raw comments, replies and answers of a creator's last 90 days amount to. claimed_at: when somebody began to count
-- last; counted_at, through, talk_events: when that was done, to which day, and what the statistics said then.
create table creator_conversations (
    creator_key uuid primary key,
    tenant_id integer not null references tenants,
    claimed_at timestamptz not null default now(),
    counted_at timestamptz,
    through date,
    talk_events bigint not null default 0,
    comments integer not null default 0,
    comments_answered integer not null default 0,
    median_answer_delay_s bigint,
    mean_depth double precision,
    max_depth integer not null default 0
);
-- Written twice for every count, at most once an hour, without an index on what changes: room for that in the page.
alter table creator_conversations set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.1);
