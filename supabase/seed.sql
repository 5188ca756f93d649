-- What the demo accounts are, beyond being accounts. Run by scripts/start.py after it has signed them up, and by the stock
-- `supabase db reset`, where there may be none of them.

insert into public.platform_admins (user_id)
select id from auth.users where email = 'moderator@example.test'
on conflict do nothing;
