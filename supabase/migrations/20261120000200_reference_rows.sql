-- Reference rows: what every Chestno has from its first day.

insert into public.subscription_plans (id, level, title, amount, period, trial_days, requires_verification, limits, position) values
  ('a_month', 'A', '{"ru": "Участник, месяц", "en": "Member, monthly"}', 1490, 'month', 14, false, '{"qr_codes": 100, "stories_per_month": 10, "members": 5}', 1),
  ('a_year', 'A', '{"ru": "Участник, год", "en": "Member, yearly"}', 14900, 'year', 14, false, '{"qr_codes": 100, "stories_per_month": 10, "members": 5}', 2),
  ('b_month', 'B', '{"ru": "Проверено, месяц", "en": "Verified, monthly"}', 4990, 'month', 0, true, '{"qr_codes": 10000, "stories_per_month": 60, "members": 25}', 3),
  ('b_year', 'B', '{"ru": "Проверено, год", "en": "Verified, yearly"}', 49900, 'year', 0, true, '{"qr_codes": 10000, "stories_per_month": 60, "members": 25}', 4);

insert into public.level_c_criteria (key, required, window_days, position) values
  ('published_stories', 5, 90, 1),
  ('unique_scans', 100, 90, 2),
  ('days_with_paid_level', 60, null, 3);

insert into public.notification_kinds (kind, is_essential, minimum_role, position) values
  ('status_granted', false, 'viewer', 1),
  ('status_expiring', false, 'admin', 2),
  ('status_revoked', true, 'viewer', 3),
  ('request_reviewed', true, 'admin', 4),
  ('trial_ending', true, 'admin', 5),
  ('renewal_coming', true, 'admin', 6),
  ('price_changing', true, 'admin', 6),
  ('payment_succeeded', false, 'admin', 6),
  ('payment_failed', true, 'admin', 7),
  ('grace_started', true, 'admin', 8),
  ('grace_ending', true, 'admin', 9),
  ('payment_returned', true, 'admin', 9),
  ('story_approved', false, 'editor', 10),
  ('story_rejected', false, 'editor', 11),
  ('invitation', true, 'admin', 12),
  ('name_reviewed', true, 'admin', 13),
  ('claim_received', true, 'admin', 14),
  ('claim_reviewed', true, 'admin', 15),
  ('release_coming', true, 'owner', 16),
  ('support_answered', true, 'viewer', 17);

insert into private.file_buckets (id, is_public, max_bytes, content_types, uploads_from, read_from, is_read_by_platform_admins, kept_while) values
  ('status-evidence', false, 10485760, '{application/pdf,image/jpeg,image/png}', 'admin', 'admin', true, 'accepted'),
  ('organization-uploads', false, 10485760, '{image/jpeg,image/png,image/webp}', 'editor', 'editor', false, 'new'),
  ('organization-logos', true, 1048576, '{image/webp}', null, null, false, 'shown'),
  -- a path is open once, for media somebody asked room for (sql/55_story_media)
  ('story-uploads', false, (select max(most_bytes) from private.media_limits()),
    (select array_agg(t) from private.media_limits(), unnest(content_types) as t), null, null, false, 'new'),
  -- a copy may be a little larger than what it was made from
  ('story-media', false, 115343360, '{video/mp4,video/webm,image/webp}', null, null, false, 'named');

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
select b.id, b.id, b.is_public, b.max_bytes, b.content_types from private.file_buckets b;
