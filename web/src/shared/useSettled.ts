import { useEffect, useState } from "react";

/** What was typed or chosen last, once the hand has come to rest: a picker's drag is not a hundred questions. */
export function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), 250);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
