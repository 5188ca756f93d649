import { storage } from "./client";
import { ApiError, asApiError, fromStorage } from "./errors";
import { watchedFetch, type OnProgress } from "./watchedFetch";

export type Bucket = "status-evidence" | "organization-uploads" | "story-uploads";

export type { OnProgress } from "./watchedFetch";

export const largestUpload = 10 * 1024 * 1024; // bytes

/** What can be told of a file before it is sent; its content is judged by our functions. */
export function uploadFault(file: File, types: readonly string[]): ApiError | undefined {
  const code = !types.includes(file.type)
    ? "wrong_type"
    : file.size === 0
      ? "empty"
      : file.size > largestUpload
        ? "too_large"
        : undefined;
  return code ? new ApiError("invalid_input", { fields: [{ field: "path", code }] }) : undefined;
}

type Watching = { onProgress?: OnProgress; signal?: AbortSignal };

/** Sends a file to `<folder>/<random>.<extension>` of a private bucket and gives that path. */
export async function upload(
  bucket: Bucket,
  folder: string,
  file: File,
  watching: Watching = {},
): Promise<string> {
  const path = `${folder}/${crypto.randomUUID()}.${extensionOf(file)}`;
  await uploadTo(bucket, path, file, file.type, watching);
  return path;
}

/** The same to a path that this file alone is for: sent again after its answer was lost, it is there already. */
export async function uploadTo(
  bucket: Bucket,
  path: string,
  file: File,
  contentType: string,
  { onProgress, signal }: Watching = {},
): Promise<void> {
  const files = (await storage(watchedFetch(onProgress, signal))).from(bucket);
  const { error } = await files.upload(path, file, { contentType });
  if (!error || ("statusCode" in error && error.statusCode === "409")) return;
  throw signal?.aborted ? new ApiError("unexpected", { detail: "aborted" }) : fromStorage(error);
}

/** Addresses of private files, good for an hour; a path that cannot be read is left out. */
export async function signedAddresses(
  bucket: Bucket,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (paths.length === 0) return new Map();
  const files = (await storage()).from(bucket);
  const { data, error } = await files.createSignedUrls([...paths], 3600).catch((failure: unknown) => {
    throw asApiError(failure);
  });
  if (error) throw fromStorage(error);
  return new Map(data.flatMap((item) => (item.path && item.signedUrl ? [[item.path, item.signedUrl]] : [])));
}

function extensionOf(file: File): string {
  const known: Record<string, string> = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
  };
  return known[file.type] ?? "bin";
}
