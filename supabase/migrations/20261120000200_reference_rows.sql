-- Reference rows: what every Chestno has from its first day.

insert into public.subscription_plans (id, level, title, amount, period, trial_days, requires_verification, limits, position) values
  ('a_month', 'A', '{"ru": "Участник, месяц", "en": "Member, monthly"}', 1490, 'month', 14, false, '{"qr_codes": 100, "stories_per_month": 10, "members": 5}', 1),
  ('a_year', 'A', '{"ru": "Участник, год", "en": "Member, yearly"}', 14900, 'year', 14, false, '{"qr_codes": 100, "stories_per_month": 10, "members": 5}', 2),
  ('b_month', 'B', '{"ru": "Проверено, месяц", "en": "Verified, monthly"}', 4990, 'month', 0, true, '{"qr_codes": 10000, "stories_per_month": 60, "members": 25}', 3),
  ('b_year', 'B', '{"ru": "Проверено, год", "en": "Verified, yearly"}', 49900, 'year', 0, true, '{"qr_codes": 10000, "stories_per_month": 60, "members": 25}', 4);
