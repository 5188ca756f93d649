import { onlineManager, QueryClient } from "@tanstack/react-query";
import { ApiError } from "../api/errors";

// It only hears of changes: a page that opens without a network would not be told that it is back.
onlineManager.setOnline(navigator.onLine);

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // A refusal stays a refusal; only what may pass by itself is tried again.
      retry: (count, error) =>
        count < 2 && (!(error instanceof ApiError) || ["offline", "unavailable"].includes(error.code)),
      throwOnError: false,
    },
  },
});
