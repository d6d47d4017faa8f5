-- How many creators have left a tenant. Whoever takes events in remembers which creators are registered, and sees by this
-- number, in the transaction that stores events, that all of them still are: reading one row of a tenant instead of one
-- of every creator. Counted by a trigger, so that no way of removing a creator can forget it.
alter table tenants add column departures bigint not null default 0;

create function count_departures() returns trigger language plpgsql as $$
begin
    update tenants t set departures = t.departures + left_now.creators
    from (select tenant_id, count(*) as creators from departed group by tenant_id order by tenant_id) left_now
    where t.tenant_id = left_now.tenant_id;
    return null;
end $$;

create trigger count_departures after delete on creators referencing old table as departed
    for each statement execute function count_departures();
