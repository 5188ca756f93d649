import { useEffect, useState } from "react";
import { useSearchParams } from "react-router";

const pause = 300; // ms between the last key and the search

/**
 * A search field whose text stands in the address, so that a link shares it: `asked` is what the address says,
 * `typed` what the field shows.
 */
export function useAddressText(parameter: string) {
  const [parameters, setParameters] = useSearchParams();
  const asked = parameters.get(parameter) ?? "";
  const [typed, setTyped] = useState(asked);
  const [askedBefore, setAskedBefore] = useState(asked);
  // The address changed by itself, by the back button for example: the field follows.
  if (asked !== askedBefore) {
    setAskedBefore(asked);
    if (asked !== typed.trim()) setTyped(asked);
  }

  useEffect(() => {
    const text = typed.trim();
    if (text === asked) return;
    const timer = setTimeout(
      () =>
        setParameters(
          (before) => {
            const after = new URLSearchParams(before);
            if (text) after.set(parameter, text);
            else after.delete(parameter);
            return after;
          },
          { replace: true },
        ),
      pause,
    );
    return () => clearTimeout(timer);
  }, [typed, asked, parameter, setParameters]);

  return { asked, typed, setTyped };
}
