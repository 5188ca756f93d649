-- Organizations with a public page, of the names in `named`, and what their names are found by; run by bench_public.

drop index organizations_found_by_name_idx;

insert into organizations (slug, name, legal_name, inn, is_published, first_level_at, category, region, created_at)
select replace(private.search_key(name), ' ', '-') || '-' || n / 1000 || '-' || n % 1000, name, 'ООО «' || name || '»', (1000000000 + n * 7)::text, true,
  now() - interval '900 days' * random(), 'Мёд и прополис', 'Алтайский край', now() - interval '1000 days'
from named;

insert into organizations (slug, name, legal_name, inn, is_published, first_level_at, category, region, description, website_url, created_at)
values ('paseka', 'Пасека «Медовый край»', 'ИП Соколова Анна Андреевна', '7707083893', true, now() - interval '300 days', 'Мёд и прополис',
  'Алтайский край', 'Держим 120 ульев в предгорьях Алтая с 1998 года. Качаем мёд только летом, не греем и не смешиваем.', 'https://medovy-kray.example', now() - interval '400 days');

create index organizations_found_by_name_idx on organizations (private.search_key(name), id) where first_level_at is not null;

create unlogged table naming as
select o.id, w.word from organizations o cross join lateral private.search_words(private.search_key(concat_ws(' ', o.name, o.legal_name, o.slug))) as w (word);

insert into private.search_words (word) select distinct word from naming;

insert into private.search_spellings (spelling, word_id)
select s.spelling, w.id from private.search_words w cross join lateral unnest(private.spellings(w.word)) as s (spelling);

insert into private.catalogue_words (word_id, organization_id)
select w.id, n.id from naming n join private.search_words w on w.word = n.word;

insert into organization_status_levels (organization_id, level, valid_from)
select id, 'A', first_level_at from organizations where slug <> 'paseka' and inn::bigint % 10 < 7;

insert into organization_status_levels (organization_id, level, valid_from, is_active, revoked_at, revoke_reason)
select id, 'A', first_level_at, false, now(), 'grace_period_ended' from organizations where slug <> 'paseka' and inn::bigint % 10 >= 7;

insert into organization_status_levels (organization_id, level, valid_from, is_active, revoked_at, revoke_reason)
select id, l.level::status_level, now() - l.since * interval '1 day', l.until is null, now() - l.until * interval '1 day', case when l.until is not null then 'criteria_not_met' end
from organizations cross join (values ('A', 300, null), ('B', 250, null), ('C', 200, 120), ('C', 90, null)) as l (level, since, until)
where slug = 'paseka';

insert into status_level_events (organization_id, level, action, reason, occurred_at, valid_until, actor_kind)
select id, l.level::status_level, l.action::status_level_action, l.reason, now() - l.since * interval '1 day',
  case when l.action in ('grace_started', 'extended') then now() + (14 - l.since) * interval '1 day' end, 'billing'
from organizations cross join (values ('A', 'granted', null, 300), ('B', 'granted', null, 250), ('C', 'granted', 'criteria_met', 200),
  ('C', 'revoked', 'criteria_not_met', 120), ('C', 'granted', 'criteria_met', 90), ('A', 'grace_started', 'payment_failed', 60),
  ('A', 'grace_ended', 'paid', 58), ('B', 'extended', null, 30)) as l (level, action, reason, since)
where slug = 'paseka';

insert into stories (organization_id, story_type, status, title, content_text, published_at, created_at)
select id, 'success_story', 'published', 'Как мы качаем мёд ' || n, repeat('Ульи стоят на опушке, где с мая до августа цветёт липа. ', 12), now() - n * interval '7 days', now() - interval '100 days'
from organizations cross join generate_series(1, 12) n
where slug = 'paseka';

drop table named, naming
