import { useState } from "react";

/**
 * The mode in which rows of a list are chosen. `ids` are the chosen ones that are shown: what is not seen is not changed.
 * Undefined outside of the mode.
 */
export function useSelection(shown: readonly { id: string }[]) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>();
  const all = shown.map(({ id }) => id);
  return {
    ids: chosen && all.filter((id) => chosen.has(id)),
    begin: () => setChosen(new Set()),
    end: () => setChosen(undefined),
    chooseAll: () => setChosen(new Set(all)),
    chooseNone: () => setChosen(new Set()),
    choose: (id: string, isChosen: boolean) =>
      setChosen((before) => {
        const after = new Set(before);
        if (isChosen) after.add(id);
        else after.delete(id);
        return after;
      }),
  };
}

export type Selection = ReturnType<typeof useSelection>;
