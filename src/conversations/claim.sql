/* conversations::claim: creators of whom somebody talked since they were counted last, or of whose counted comments some are
   a week too old by now; each at most once in an hour. Whoever dies with a claim leaves it to the next hour.

   Materialized, so that the pass over the statistics is planned as the whole pass that it is when next to nobody is due, and
   not as one that soon finds enough. */
with waiting as materialized (
    select s.creator_key, s.tenant_id, s.talk_events, s.last_day
    from creator_statistics s left join creator_conversations k using (creator_key)
    where s.last_day is not null
      and case when k.creator_key is null then s.talk_events > 0
               else k.claimed_at < now() - interval '1 hour'
                    and (s.talk_events <> k.talk_events or k.comments > 0 and k.through <= s.last_day - 7) end
), due as (
    select w.*, c.accounts from (select * from waiting limit $1) w join creators c using (creator_key)
), claimed as (
    insert into creator_conversations as k (creator_key, tenant_id)
    select creator_key, tenant_id from due order by creator_key
    on conflict (creator_key) do update set claimed_at = now() where k.claimed_at < now() - interval '1 hour'
    returning creator_key, claimed_at
)
select creator_key, claimed_at, talk_events, last_day, accounts from due join claimed using (creator_key)
