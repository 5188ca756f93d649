/** A code, its look and its scans, as the database gives them. */
import type { QrBucket, QrCode, QrStyle, QrVerdict } from "../api/qr";

export const code = (changes: Partial<QrCode> = {}): QrCode => ({
  id: "q1",
  code: "HK3M5N7P9Q",
  url: "https://CHST.EXAMPLE/q/HK3M5N7P9Q",
  title: "Мёд липовый",
  tags: ["мёд"],
  target_kind: "organization_page",
  target_url: null,
  story_id: null,
  is_active: true,
  created_at: "2027-03-12T09:00:00Z",
  hits: 3,
  scans: 2,
  unique_visitors: 1,
  ...changes,
});

export const style = (changes: Partial<QrStyle> = {}): QrStyle => ({
  foreground: "#000000",
  background: "#ffffff",
  error_correction: "M",
  module_shape: "square",
  quiet_zone: 4,
  logo_path: null,
  logo_scale: 0.25,
  frame_text: null,
  frame_language: null,
  ...changes,
});

const read = { clean: true, blurred: true, small: true };

export const verdict = (changes: Partial<QrVerdict> = {}): QrVerdict => ({
  ok: true,
  contrast: 21,
  decodes: { zxing: read, opencv: read },
  min_mm: 16.5,
  problems: [],
  ...changes,
});

export const bucket = (day: number, hits: number, scans = hits, unique_visitors = scans): QrBucket => ({
  bucket: `2027-03-${String(day).padStart(2, "0")}T21:00:00Z`,
  hits,
  scans,
  unique_visitors,
});
