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
  ('support_answered', true, 'viewer', 17),
  ('report_reviewed', true, 'admin', 18);

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

insert into public.verification_trades (trade, title, words, position) values
  ('every', '{"ru": "Всем", "en": "Everybody"}', '{}', 0),
  ('honey', '{"ru": "Мёд и пчеловодство", "en": "Honey and beekeeping"}', '{мёд,мед,пчел,пасек,пропол,улей,honey,bee,apiar}', 1),
  ('milk', '{"ru": "Молоко и сыр", "en": "Milk and cheese"}', '{молок,молоч,сыр,творог,йогурт,сливоч,dairy,milk,chees,yogh}', 2),
  ('meat', '{"ru": "Мясо, птица, рыба", "en": "Meat, poultry, fish"}', '{мяс,колбас,птиц,рыб,утк,индейк,яйц,яйко,meat,sausag,poultr,fish,egg}', 3),
  ('plants', '{"ru": "Овощи, фрукты, зерно, травы", "en": "Vegetables, fruit, grain, herbs"}', '{овощ,фрукт,ягод,яблок,зерн,мук,трав,чай,гриб,орех,vegetab,fruit,berr,grain,flour,herb,tea,mushroom,nut}', 4),
  ('bakery', '{"ru": "Хлеб, сладости, готовая еда", "en": "Bread, sweets, ready food"}', '{хлеб,пекар,выпеч,конд,шокол,слад,варень,пастил,bread,baker,pastr,choco,sweet,jam}', 5),
  ('drinks', '{"ru": "Напитки", "en": "Drinks"}', '{напит,сок,квас,вин,пив,сидр,кофе,drink,juice,wine,beer,cider,coffee}', 6),
  ('cosmetics', '{"ru": "Косметика и мыло", "en": "Cosmetics and soap"}', '{космет,мыл,крем,парфюм,cosmet,soap,cream,perfum}', 7),
  ('crafts', '{"ru": "Одежда, игрушки, вещи для дома", "en": "Clothes, toys, things for the home"}', '{одежд,обув,игруш,керам,мебел,текстил,украшен,cloth,shoe,toy,ceram,pottery,furnit,textil,jewel}', 8),
  ('other', '{"ru": "Другое", "en": "Something else"}', '{}', 9);

insert into public.verification_papers (trade, document, is_required, title, note, position) values
  ('every', 'registration', true, '{"ru": "Выписка из ЕГРЮЛ или ЕГРИП", "en": "Extract of the state register (EGRUL or EGRIP)"}', '{"ru": "Не старше 30 дней, бесплатно на egrul.nalog.ru. Самозанятым — справка из «Мой налог».", "en": "Not older than 30 days, free at egrul.nalog.ru. The self-employed: the statement of “Moi nalog”."}', 1),
  ('every', 'premises', true, '{"ru": "Право на место, где вы производите", "en": "Your right to the place where you produce"}', '{"ru": "Договор аренды или выписка из ЕГРН; для личного хозяйства — выписка из похозяйственной книги.", "en": "A lease or an extract of EGRN; for a smallholding, an extract of the household register."}', 2),
  ('every', 'authority', false, '{"ru": "Доверенность", "en": "A power of attorney"}', '{"ru": "Если заявку подаёт не руководитель.", "en": "When somebody else than the head applies."}', 3),
  ('every', 'photos', false, '{"ru": "Фотографии производства", "en": "Photographs of the production"}', '{"ru": "Три–пять: место, сырьё, упаковка.", "en": "Three to five: the place, the raw material, the packaging."}', 4),
  ('honey', 'veterinary', true, '{"ru": "Ветеринарно-санитарный паспорт пасеки", "en": "The apiary’s veterinary passport"}', '{"ru": "Выдаёт районная ветеринарная станция.", "en": "Issued by the district veterinary station."}', 5),
  ('honey', 'laboratory', false, '{"ru": "Протокол испытаний мёда", "en": "A laboratory report on the honey"}', '{"ru": "Не старше года.", "en": "Not older than a year."}', 6),
  ('honey', 'conformity', false, '{"ru": "Декларация соответствия", "en": "A declaration of conformity"}', '{"ru": "Для крем-мёда, купажа и мёда с добавками: ТР ТС 021/2011.", "en": "For creamed, blended and flavoured honey: TR CU 021/2011."}', 7),
  ('milk', 'conformity', true, '{"ru": "Декларация соответствия", "en": "A declaration of conformity"}', '{"ru": "ТР ТС 033/2013.", "en": "TR CU 033/2013."}', 8),
  ('milk', 'veterinary', true, '{"ru": "Ветеринарные документы на молоко", "en": "Veterinary papers for the milk"}', '{"ru": "Регистрация в «Меркурии» или справка о здоровье стада.", "en": "A registration in Mercury or a certificate of the herd’s health."}', 9),
  ('milk', 'laboratory', false, '{"ru": "Протокол испытаний", "en": "A laboratory report"}', '{"ru": "Не старше года.", "en": "Not older than a year."}', 10),
  ('meat', 'veterinary', true, '{"ru": "Ветеринарные документы", "en": "Veterinary papers"}', '{"ru": "Регистрация в «Меркурии», акт ветеринарно-санитарной экспертизы.", "en": "A registration in Mercury, a report of the veterinary examination."}', 11),
  ('meat', 'conformity', true, '{"ru": "Декларация соответствия", "en": "A declaration of conformity"}', '{"ru": "Мясо — ТР ТС 034/2013, птица — ТР ЕАЭС 051/2021, рыба — ТР ЕАЭС 040/2016.", "en": "Meat: TR CU 034/2013; poultry: TR EAEU 051/2021; fish: TR EAEU 040/2016."}', 12),
  ('meat', 'laboratory', false, '{"ru": "Протокол испытаний", "en": "A laboratory report"}', '{"ru": "Не старше года.", "en": "Not older than a year."}', 13),
  ('plants', 'laboratory', true, '{"ru": "Протокол испытаний", "en": "A laboratory report"}', '{"ru": "Нитраты и остатки пестицидов, не старше года.", "en": "Nitrates and traces of pesticides, not older than a year."}', 14),
  ('plants', 'conformity', false, '{"ru": "Декларация соответствия", "en": "A declaration of conformity"}', '{"ru": "Для переработанного и упакованного: ТР ТС 021/2011; зерно — ТР ТС 015/2011.", "en": "For what is processed and packed: TR CU 021/2011; grain: TR CU 015/2011."}', 15),
  ('bakery', 'conformity', true, '{"ru": "Декларация соответствия", "en": "A declaration of conformity"}', '{"ru": "ТР ТС 021/2011.", "en": "TR CU 021/2011."}', 16),
  ('bakery', 'laboratory', false, '{"ru": "Протокол испытаний", "en": "A laboratory report"}', '{"ru": "Не старше года.", "en": "Not older than a year."}', 17),
  ('drinks', 'conformity', true, '{"ru": "Декларация соответствия", "en": "A declaration of conformity"}', '{"ru": "ТР ТС 021/2011, соки — ТР ТС 023/2011.", "en": "TR CU 021/2011; juices: TR CU 023/2011."}', 18),
  ('drinks', 'licence', false, '{"ru": "Лицензия", "en": "A licence"}', '{"ru": "Для вина, сидра и крепких напитков: 171-ФЗ.", "en": "For wine, cider and spirits: Federal law 171-FZ."}', 19),
  ('drinks', 'laboratory', false, '{"ru": "Протокол испытаний", "en": "A laboratory report"}', '{"ru": "Не старше года.", "en": "Not older than a year."}', 20),
  ('cosmetics', 'conformity', true, '{"ru": "Декларация соответствия", "en": "A declaration of conformity"}', '{"ru": "ТР ТС 009/2011.", "en": "TR CU 009/2011."}', 21),
  ('cosmetics', 'laboratory', false, '{"ru": "Протокол испытаний", "en": "A laboratory report"}', '{"ru": "Не старше года.", "en": "Not older than a year."}', 22),
  ('crafts', 'conformity', true, '{"ru": "Декларация или сертификат соответствия", "en": "A declaration or certificate of conformity"}', '{"ru": "Одежда — ТР ТС 017/2011, для детей — 007/2011, игрушки — 008/2011. Если товар проверке не подлежит, напишите об этом.", "en": "Clothes: TR CU 017/2011, for children: 007/2011, toys: 008/2011. Say so if your goods need none."}', 23),
  ('other', 'conformity', false, '{"ru": "Декларация или сертификат соответствия", "en": "A declaration or certificate of conformity"}', '{"ru": "Если для вашего товара он обязателен.", "en": "If your goods need one."}', 24),
  ('other', 'other', false, '{"ru": "Что ещё подтверждает ваши слова", "en": "What else proves your words"}', null, 25);
