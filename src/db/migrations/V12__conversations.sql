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
