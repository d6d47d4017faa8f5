-- Everything is summed up anew, and models that know nothing of this are fitted again. Stop older processes first: they
-- would go on summing up in the old way.
insert into score_queue (lane, creator_key)
select (get_byte(uuid_send(creator_key), 15) % 64)::int2, creator_key from creators;
update models set body = jsonb_set(body, '{basis,engagers}', '0');

-- The day to which statistics reach, how alive the feed was then, and the days on which anybody engaged, as active_days of
-- a relationship: from them the two numbers are known for any day.
alter table creator_statistics
    add column observed_until date,
    add column live_recent double precision not null default 0,
    add column live_lasting double precision not null default 0,
    add column engaged_days bytea not null default '';

-- The last day on which anything was seen of any creator of a tenant: ages of relationships reach to it.
alter table tenants add column observed_until date;
