-- Three years of a platform: who began lately is on trial, and nobody holds C in the first sixty days. Run by bench_desk.

insert into organizations (slug, name, legal_name, inn, is_published, created_at)
select 'o-' || n, name, 'ООО «' || name || '»', (1000000000 + n * 7)::text, true, created_at
from (
select n, (%(words)s::text[])[1 + n %% 20] || ' ' || (%(places)s::text[])[1 + n / 20 %% 16] || ' ' || n %% 10007 as name, %(now)s::timestamptz - interval '1000 days' * (n::float8 / %(size)s) as created_at
from generate_series(1, %(size)s) n) made;

insert into private.organization_words
select id, to_tsvector('pg_catalog.simple', private.plain_tokens(concat_ws(' ', name, legal_name, slug, inn)))
from organizations;

create temp table numbered as
select id, created_at, (inn::bigint - 1000000000) / 7 as n
from organizations;

insert into organization_members (organization_id, user_id, role)
select id, gen_random_uuid(), 'owner'
from numbered
where n <> 100;

insert into organization_members (organization_id, user_id, role)
select n.id, p.id, 'owner'
from numbered n, profiles p
where n.n = 100 and p.full_name = 'Анна';

insert into subscriptions (organization_id, plan_id, status, amount, current_period_start, current_period_end, billing_anchor, trial_ends_at, grace_started_at, grace_until, created_at)
select id, 'a_month', status, 1490, created_at, created_at + interval '1 month', created_at, created_at + interval '14 days', case when status = 'past_due' then %(now)s::timestamptz end, case when status = 'past_due' then %(now)s::timestamptz end, created_at
from (select *, (case when n < %(size)s * 0.014 then 'trialing' when n %% 100 < 1 then 'past_due' when n %% 100 < 55 then 'active' when n %% 100 < 70 or n < %(size)s * 0.03 then 'canceled' else 'expired' end)::subscription_status as status
from numbered) s
where n %% 10 < 8 or n < %(size)s * 0.014;

insert into organization_status_levels (organization_id, level, valid_from, granted_at)
select id, '0', created_at, created_at
from numbered
where n < %(size)s * 0.014;

insert into organization_status_levels (organization_id, level, valid_from, granted_at)
select id, 'A', created_at, created_at + interval '14 days'
from numbered
where n >= %(size)s * 0.014 and n %% 100 < 55;

insert into organization_status_levels (organization_id, level, valid_from, granted_at)
select id, 'B', created_at, created_at + interval '30 days'
from numbered
where n >= %(size)s * 0.03 and n %% 20 = 0;

insert into organization_status_levels (organization_id, level, valid_from, granted_at)
select id, 'C', created_at, created_at + interval '60 days'
from numbered
where n >= %(size)s * 0.06 and n %% 50 = 0;

insert into payment_transactions (organization_id, plan_id, kind, amount, status, yookassa_payment_id, idempotence_key, request_body, paid_amount, refunded_amount, quarantine_reason, next_check_at, created_at)
select id, 'a_month', 'first_payment', case when n %% 100000 = 17 then 743.21 when n %% 5 = 0 then 4990 else 1490 end, status, gen_random_uuid(), gen_random_uuid(), '{}', 1490, case when n %% 200 = 3 and status = 'succeeded' then 10 else 0 end, case when status = 'quarantined' then 'amount' end, case when status = 'pending' then %(now)s::timestamptz end, at
from (select n.id, n.n, n.created_at + k * interval '1 day' as at, (case when n.n %% 20011 = 5 then 'quarantined' when n.n %% 12 = 7 then 'canceled' when n.n < 50 then 'pending' else 'succeeded' end)::transaction_status as status
from numbered n, generate_series(0, 1) k) p;

insert into payment_transactions (organization_id, plan_id, kind, amount, status, idempotence_key, request_body, created_at)
select id, 'a_month', 'renewal', 1490, 'succeeded', gen_random_uuid(), '{}', %(now)s::timestamptz - k * interval '7 days'
from numbered, generate_series(1, 60) k
where n = 100;

insert into status_upgrade_requests (organization_id, target_level, message, evidence_paths, status, waiting_since, reviewed_at, review_comment, created_at)
select id, 'B', 'Проверьте нас', '{}', s::upgrade_request_status, case when s = 'pending' then created_at end, case when s <> 'pending' then created_at end, 'Так', created_at
from (select *, case when n < 2000 then 'pending' when n %% 3 = 0 then 'rejected' else 'approved' end as s
from numbered
where n %% 10 = 0) r;

insert into name_change_requests (organization_id, name, message, evidence_paths, status, reviewed_at, created_at)
select id, 'Мёд', '', '{}', 'approved', created_at, created_at
from numbered
where n %% 100 = 0;

insert into support_messages (subject, message, email, organization_id, answered_at, created_at)
select 'Оплата', 'Не проходит', 'a@example.test', id, case when n > 5000 then created_at end, created_at
from numbered
where n %% 20 = 0;

insert into abuse_reports (kind, organization_id, message, evidence_paths, is_visitor, email, outcome, review_comment, reviewed_at, published_at, created_at)
select case when n %% 4000 = 0 then 'stolen_name' when n %% 3 = 0 then 'fake_badge' else 'false_claim' end::report_kind, id, 'Не то', '{}', outcome is null, case when outcome is null then 'a@example.test' end, outcome, case when outcome = 'not_upheld' then 'То' end, case when outcome is not null then created_at end, case when outcome = 'upheld' then created_at end, created_at
from (select *, case when n < 2000 then null when n %% 3 = 0 then 'upheld' when n %% 7 = 0 then 'duplicate' else 'not_upheld' end::report_outcome as outcome
from numbered
where n %% 20 = 10) r;

insert into admin_actions (admin_id, action, organization_id, occurred_at)
select (select user_id
from platform_admins), case when n %% 1000 = 1 then 'review_claim' else 'claim_story' end, id, created_at
from numbered;

insert into job_runs (job, started_at, finished_at, status)
select case when n %% 5 = 0 then 'level_c' else 'job_' || chr(97 + n %% 7) end, %(now)s::timestamptz - n * interval '1 minute', %(now)s::timestamptz - n * interval '1 minute', case when n %% 997 = 0 then 'failed' else 'ok' end
from generate_series(1, %(size)s / 2) n;
