-- Somebody in lockstep may show another pattern, too: lockstep counts only while a crowd stands, so neither hides the other.
alter table edge_discounts drop constraint edge_discounts_pkey,
    add primary key (creator_key, engager_key, pattern);

-- Nobody of a crowd counts any more: creators of whom something is discounted are summed up anew. Stop older processes first:
-- they would go on counting some, and cannot read the new pattern.
insert into score_queue (lane, creator_key)
select (get_byte(uuid_send(creator_key), 15) % 64)::int2, creator_key from creator_statistics where discounted is not null;
