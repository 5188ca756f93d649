-- What is asked of who wants to be verified: papers by trade, how long a review takes, what level B costs then. Applicants, moderators
-- and the public read the same.

create table public.verification_trades (
  trade text primary key,
  title jsonb not null,
  words text[] not null,
  position int not null,
  constraint title_is_in_both_languages check (title ? 'ru' and title ? 'en')
);
comment on table public.verification_trades is
  'Trades whose producers show the same papers: title {ru, en}; words: beginnings of words by which an organization''s own «what we do» is told, in small letters. Trade every: what everybody shows.';

alter table public.verification_trades enable row level security;
grant select on public.verification_trades to anon, authenticated, service_role;
create policy "everyone reads the trades" on public.verification_trades
  for select to anon, authenticated
  using (true);
-- insert, update, delete are not granted: trades come by a migration

create table public.verification_papers (
  trade text not null references public.verification_trades (trade),
  document text not null,
  is_required boolean not null,
  title jsonb not null,
  note jsonb,
  position int not null,
  primary key (trade, document),
  constraint document_is_of_a_known_kind check (document = any (private.document_kinds())),
  constraint title_is_in_both_languages check (title ? 'ru' and title ? 'en'),
  constraint note_is_in_both_languages check (note ? 'ru' and note ? 'en')
);
comment on table public.verification_papers is
  'Which papers a trade is asked for: document as in status_upgrade_requests.documents; is_required: level B is not given without it; title and note {ru, en}.';

alter table public.verification_papers enable row level security;
grant select on public.verification_papers to anon, authenticated, service_role;
create policy "everyone reads which papers are asked for" on public.verification_papers
  for select to anon, authenticated
  using (true);
-- insert, update, delete are not granted: papers come by a migration

create function private.papers_of(trade text) returns jsonb
  language sql stable security definer set search_path = '' -- definer: asked within definers
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'document', p.document, 'is_required', p.is_required, 'title', p.title, 'note', p.note) order by p.is_required desc, p.position), '[]')
  from public.verification_papers p where p.trade = papers_of.trade
$$;
comment on function private.papers_of is 'The papers of a trade, those that are required first: [{document, is_required, title, note}].';

create function private.trade_of(category text) returns text
  language sql stable security definer set search_path = '' -- definer: asked within definers
as $$
  select t.trade from public.verification_trades t
  where exists (select from unnest(t.words) as known (beginning) where lower(category) ~ ('(^|[^[:alpha:]])' || known.beginning))
  order by t.position limit 1
$$;
comment on function private.trade_of is 'The trade that an organization''s own words speak of; null when they speak of none that we know.';

-- The last two hundred decisions: what is measured is what happens now.
create function private.review_time() returns jsonb
  language sql stable security definer set search_path = '' -- definer: the requests are of everybody
as $$
  select jsonb_build_object(
    'promised_days', 3, 'decided', count(*),
    'median_hours', case when count(*) >= 5 then ceil(percentile_cont(0.5) within group (order by extract(epoch from d.waited)) / 3600) end)
  from (
    select r.waited from public.status_upgrade_requests r
    where r.status in ('approved', 'rejected') and r.reviewed_at > now() - interval '180 days'
    order by r.reviewed_at desc limit 200
  ) as d
$$;
comment on function private.review_time is
  'How long a request waits for our decision, without the time in which we wait for papers: {promised_days: what we promise, in working days; decided: of how many it is measured; median_hours: null while they are fewer than five}.';

create function public.verification_guide(category text default null) returns jsonb
  language sql stable security definer set search_path = '' -- definer: how long reviews take is counted over everybody''s requests
as $$
  select jsonb_build_object(
    'trade', private.trade_of(category),
    'for_all', private.papers_of('every'),
    'trades', (
      select coalesce(jsonb_agg(jsonb_build_object('trade', t.trade, 'title', t.title, 'papers', private.papers_of(t.trade)) order by t.position), '[]')
      from public.verification_trades t where t.trade <> 'every'),
    'review', private.review_time(),
    'plans', (
      select coalesce(jsonb_agg(jsonb_build_object('plan_id', p.id, 'period', p.period, 'amount', p.amount::text, 'currency', p.currency) order by p.position), '[]')
      from public.subscription_plans p where p.level = 'B' and p.is_active))
$$;
comment on function public.verification_guide is
  'What is asked of who wants level B: {trade: null|the one that category (an organization''s own words) speaks of, for_all: [{document, is_required, title: {ru, en}, note: null|{ru, en}}], trades: [{trade, title, papers: [as for_all]}], review: {promised_days, decided, median_hours: null|…}, plans: [{plan_id, period, amount, currency}]}.';
grant execute on function public.verification_guide to anon, authenticated, service_role;
