import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import {
  callFunction,
  data,
  dataOrNull,
  database,
  fileFromFunction,
  publicFile,
  sendToFunction,
} from "./client";
import type { Database } from "./database.types";
import { ApiError } from "./errors";
import { keys } from "./keys";
import type { OrganizationPage } from "./organizations";
import { upload, type OnProgress } from "./storage";
import { zipCounter } from "./zip";

type Codes = Database["public"]["Tables"]["qr_codes"];

export type QrTargetKind = "organization_page" | "url" | "story";

/** Always three numbers: all hits, those of people, and each person once a day. */
export type ScanNumbers = { hits: number; scans: number; unique_visitors: number };

export type QrCode = ScanNumbers & {
  id: string;
  code: string;
  /** What is printed. */
  url: string;
  title: string;
  tags: string[];
  target_kind: QrTargetKind;
  target_url: string | null;
  story_id: string | null;
  is_active: boolean;
  created_at: string;
};

type Found = { items: QrCode[]; next: string | null; total: number; tags: string[] };

export type QrSort = "newest" | "oldest" | "name" | "name_back";

/** The organization's codes, a page at a time. */
export function qrCodes(organizationId: string, asked: { query: string; tag: string; sort: QrSort }) {
  return infiniteQueryOptions({
    queryKey: keys.qrCodes(organizationId, asked.query, asked.tag, asked.sort),
    initialPageParam: "",
    queryFn: async ({ signal, pageParam }) =>
      (await data(
        database()
          .rpc("search_qr_codes", {
            organization_id: organizationId,
            ...(asked.query ? { query: asked.query } : {}),
            ...(asked.tag ? { tag: asked.tag } : {}),
            sort: asked.sort,
            ...(pageParam ? { after: pageParam } : {}),
          })
          .abortSignal(signal),
      )) as Found,
    getNextPageParam: ({ next }) => next,
  });
}

/** One code with its numbers. ApiError `not_found` when it is not this organization's. */
export function qrCode(organizationId: string, id: string) {
  return queryOptions({
    queryKey: keys.qrCode(id),
    queryFn: async ({ signal }): Promise<QrCode> => {
      const { code } = await data(
        database()
          .from("qr_codes")
          .select("code")
          .eq("id", id)
          .eq("organization_id", organizationId)
          .abortSignal(signal)
          .maybeSingle(),
      );
      const found = (await data(
        database()
          .rpc("search_qr_codes", { organization_id: organizationId, query: code, max_items: 100 })
          .abortSignal(signal),
      )) as Found;
      const one = found.items.find((item) => item.id === id);
      if (!one) throw new ApiError("not_found", { status: 404 });
      return one;
    },
  });
}

export type QrItem = {
  title: string;
  target_kind: QrTargetKind;
  target_url?: string;
  story_id?: string;
  tags?: string[];
};

/** All or none. Throws ApiError `invalid_input` with rows and fields; `plan_limit_reached`. */
export async function createQrCodes(organizationId: string, items: QrItem[]): Promise<{ id: string }[]> {
  return (await data(database().rpc("create_qr_codes", { organization_id: organizationId, items }))) as {
    id: string;
  }[];
}

export const qrShapes = ["square", "rounded", "dots"] as const;

/** How a code looks; the database fills in what is left out. */
export type QrStyle = {
  /** `#rrggbb` */
  foreground: string;
  background: string;
  error_correction: "L" | "M" | "Q" | "H";
  module_shape: (typeof qrShapes)[number];
  quiet_zone: number;
  logo_path: string | null;
  /** 0.1–0.3 of the code's width. */
  logo_scale: number;
  frame_text: string | null;
  frame_language: "ru" | "en" | null;
};

export function qrStyle(id: string) {
  return queryOptions({
    queryKey: keys.qrStyle(id),
    queryFn: async ({ signal }) =>
      (await data(database().from("qr_codes").select("style").eq("id", id).abortSignal(signal).single()))
        .style as QrStyle,
  });
}

/** Throws ApiError `invalid_input` when cameras could not read such a code. */
export async function saveQrStyle(id: string, style: QrStyle): Promise<void> {
  await dataOrNull(database().from("qr_codes").update({ style }).eq("id", id));
}

/** How a code of this style would look: the address of a picture. ApiError `invalid_input` when it cannot be drawn. */
export function qrPreview(organizationId: string, style: QrStyle) {
  return queryOptions({
    queryKey: keys.qrPreview(organizationId, JSON.stringify(style)),
    queryFn: async () => {
      const drawn = await fileFromFunction("qr_image", {
        organization_id: organizationId,
        style,
        format: "svg",
      });
      return `data:image/svg+xml,${encodeURIComponent(await drawn.text())}`;
    },
    retry: false,
  });
}

export type QrDecoder = "zxing" | "opencv";
export type QrLook = "clean" | "blurred" | "small";

export type QrVerdict = {
  ok: boolean;
  /** 1–21, as WCAG counts it. */
  contrast: number | null;
  /** What two decoders read of it as it is, blurred, and small. */
  decodes: Record<QrDecoder, Record<QrLook, boolean>>;
  /** Codes of fieldErrorTexts. */
  problems: string[];
  /** The least width at which it may be printed. */
  min_mm: number | null;
};

/** Whether cameras will read a code of this style. */
export function qrVerdict(style: QrStyle) {
  return queryOptions({
    queryKey: keys.qrVerdict(JSON.stringify(style)),
    queryFn: ({ signal }) => callFunction<QrVerdict>("qr_check", { style }, signal),
  });
}

/** Sends a picture for the middle of codes and has it inspected; the path of what was made of it. */
export async function uploadQrLogo(
  organizationId: string,
  file: File,
  options: { onProgress?: OnProgress; signal?: AbortSignal },
): Promise<string> {
  const path = await upload("organization-uploads", organizationId, file, options);
  const made = await callFunction<{ logo_path: string }>(
    "validate_logo",
    { organization_id: organizationId, path, purpose: "qr" },
    options.signal,
  );
  return made.logo_path;
}

export const qrFormats = ["png", "svg", "pdf"] as const;
export type QrFormat = (typeof qrFormats)[number];

/** A code as it is printed: 1024 px wide, or 40 mm. */
export function qrPicture(code: string, format: QrFormat): Promise<Blob> {
  const size = format === "png" ? 1024 : 40;
  return publicFile(`qr_image?${new URLSearchParams({ code, format, size: `${size}` }).toString()}`);
}

/** Which codes go into one ZIP. */
export type QrChoice = { ids: readonly string[] } | { batch_id: string } | { tag: string };

/** They are drawn one after another; how many are there is told as they come. */
export type OnDrawn = (drawn: number) => void;

/** These codes as one ZIP, with a manifest. */
export function qrArchive(
  organizationId: string,
  choice: QrChoice,
  format: QrFormat,
  options: { onDrawn: OnDrawn; signal: AbortSignal },
): Promise<Blob> {
  const count = zipCounter();
  return fileFromFunction(
    "qr_export",
    { organization_id: organizationId, ...choice, format },
    { onPiece: (piece) => options.onDrawn(count(piece)), signal: options.signal },
  );
}

/** Throws ApiError `invalid_input` with fields. */
export async function updateQrCodes(
  ids: readonly string[],
  changes: Pick<Codes["Update"], "title" | "tags" | "target_kind" | "target_url" | "story_id" | "is_active">,
): Promise<void> {
  await dataOrNull(database().from("qr_codes").update(changes).in("id", ids));
}

/** Gives these codes some tags and takes others away. Throws ApiError `invalid_input` with fields. */
export async function tagQrCodes(
  organizationId: string,
  ids: readonly string[],
  tags: { add: string[]; remove: string[] },
): Promise<void> {
  await data(database().rpc("tag_qr_codes", { organization_id: organizationId, ids: [...ids], ...tags }));
}

export type QrTargetChange = Omit<
  Database["public"]["Tables"]["qr_target_changes"]["Row"],
  "qr_code_id" | "organization_id" | "changed_by"
>;

/** Where the code led before, newest first. */
export function qrTargetChanges(id: string) {
  return queryOptions({
    queryKey: keys.qrTargetChanges(id),
    queryFn: ({ signal }): Promise<QrTargetChange[]> =>
      data(
        database()
          .from("qr_target_changes")
          .select("id, from_kind, from_url, from_story_id, to_kind, to_url, to_story_id, changed_at")
          .eq("qr_code_id", id)
          .order("changed_at", { ascending: false })
          .limit(50)
          .abortSignal(signal),
      ),
  });
}

export const qrPeriods = ["7d", "30d", "90d", "all"] as const;
export type QrPeriod = (typeof qrPeriods)[number];
export type QrBucket = ScanNumbers & { bucket: string };

/** A code's scans over time by the organization's calendar: hours for 7d, days beyond. */
export function qrTimeline(id: string, period: QrPeriod) {
  return queryOptions({
    queryKey: keys.qrTimeline(id, period),
    queryFn: async ({ signal }): Promise<QrBucket[]> =>
      data(database().rpc("qr_timeline", { qr_code_id: id, period }).abortSignal(signal)),
  });
}

export const qrDimensions = ["device", "os", "browser", "country", "referrer", "bot"] as const;
export type QrDimension = (typeof qrDimensions)[number];
export type QrShare = ScanNumbers & { value: string | null; share: number };

export function qrBreakdown(id: string, period: QrPeriod, dimension: QrDimension) {
  return queryOptions({
    queryKey: keys.qrBreakdown(id, period, dimension),
    queryFn: async ({ signal }) =>
      (await data(
        database().rpc("qr_breakdown", { qr_code_id: id, period, dimension }).abortSignal(signal),
      )) as QrShare[],
  });
}

/** The raw scans as CSV. */
export function qrScansFile(id: string, period: QrPeriod): Promise<Blob> {
  return fileFromFunction("qr_scans", { qr_code_id: id, period });
}

export type ImportFault = { row: number | null; column: string | null; code: string };
export type Import = {
  rows: number;
  created: number;
  /** Of what was made; null when nothing was. */
  batch_id: string | null;
  encoding: string | null;
  delimiter: string | null;
  errors: ImportFault[];
};

/** Checks a table of codes, or makes them: all or none. Mistakes are an answer; ApiError `too_large`, `plan_limit_reached`. */
export function importQrCodes(
  organizationId: string,
  file: File,
  {
    dryRun,
    ...watch
  }: {
    dryRun: boolean;
    /** How much of the file is sent. */
    onProgress?: OnProgress;
    /** What was sent whole is no longer stopped. */
    signal?: AbortSignal;
  },
): Promise<Import> {
  const asked = new URLSearchParams({ organization_id: organizationId, dry_run: `${dryRun}` });
  return sendToFunction<Import>(
    `qr_import?${asked.toString()}`,
    file,
    (json) => typeof json === "object" && json !== null && "errors" in json,
    watch,
  );
}

/** What became of a printed code, the gravest first: design.md §7. */
export type QrState = "deleted" | "revoked" | "lapsed" | "unproven" | "off" | "story_gone" | "active";

/** What a buyer finds behind a printed code. */
export type QrPage = {
  code: string;
  state: QrState;
  /** Where the code leads on; null when it is switched off, its organization is deleted, or it leads nowhere else. */
  target_url: string | null;
  /** Null before the first level ever held. */
  organization: OrganizationPage | null;
};

/** Counts nothing. ApiError `not_found` for a code that is none. */
export function qrPage(code: string) {
  return queryOptions({
    queryKey: keys.qrPage(code),
    queryFn: async ({ signal }) =>
      (await data(database().rpc("get_qr_page", { code }).abortSignal(signal))) as QrPage,
  });
}
