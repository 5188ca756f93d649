import "./design/base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { connect } from "./api/session";
import { CannotStart } from "./app/CannotStart";
import { takeWritten } from "./shared/Written";
import { queryClient } from "./shared/queryClient";
import { router } from "./router";
import { startSession } from "./shared/session";

// Kept by the browser, this may run before the page has come as a whole.
if (document.readyState === "loading")
  await new Promise((parsed) => document.addEventListener("DOMContentLoaded", parsed, { once: true }));

const element = document.getElementById("root");
if (!element) throw new Error("index.html has no #root");
takeWritten(element);
const root = createRoot(element);

try {
  await connect();
  startSession();
  root.render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
} catch (error) {
  console.error(error);
  root.render(<CannotStart />);
}
