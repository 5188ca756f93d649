/**
 * Parts of auth-js that we do not use, and that its one class would bring along: passkeys, crypto wallets. In the build they
 * are empty; what would call them is not called by src/api. The API of administrators stays: signing out goes through it.
 */
import type { Plugin } from "vite";

const parts: Record<string, string> = {
  "./lib/webauthn": `export class WebAuthnApi {}
    export const ${[
      "browserSupportsWebAuthn",
      "createCredential",
      "deserializeCredentialCreationOptions",
      "deserializeCredentialRequestOptions",
      "getCredential",
      "serializeCredentialCreationResponse",
      "serializeCredentialRequestResponse",
      "webAuthnAbortService",
    ].join(" = undefined, ")} = undefined;`,
  "./lib/web3/ethereum":
    "export const createSiweMessage = undefined, fromHex = undefined, getAddress = undefined, toHex = undefined;",
};

export function withoutUnused(): Plugin {
  return {
    name: "without-unused",
    apply: "build",
    enforce: "pre",
    resolveId: (source, importer) =>
      source in parts && importer?.endsWith("/auth-js/dist/module/GoTrueClient.js")
        ? `\0unused:${source}`
        : undefined,
    load: (id) => (id.startsWith("\0unused:") ? parts[id.slice("\0unused:".length)] : undefined),
  };
}
