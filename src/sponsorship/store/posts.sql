/* sponsorship::read_posts: posts of a creator from a day on, how many are sponsored, and by whom most. */
select count(*)::int4 as posts, count(*) filter (where sponsored)::int4 as sponsored_posts,
       array(select brand from posts
             where creator_key = $1 and published_at >= $2::date::timestamp at time zone 'UTC' and sponsored
               and brand is not null
             group by brand order by count(*) desc, brand limit 20) as brands
from posts
where creator_key = $1 and published_at >= $2::date::timestamp at time zone 'UTC'
