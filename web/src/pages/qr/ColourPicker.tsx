import { useId, useState } from "react";
import { useTexts } from "../../i18n/dictionary";
import { qrTexts } from "../../i18n/qr";

/** The browser's own picker, and the same colour in letters. Only an opaque `#rrggbb` is passed on. */
export function ColourPicker({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const t = useTexts(qrTexts).style;
  const id = useId();
  const [typed, setTyped] = useState(value);
  const [before, setBefore] = useState(value);
  if (value !== before) {
    setBefore(value);
    setTyped(value);
  }
  const isColour = asColour(typed) !== undefined;
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <div className="flex gap-2">
        <input
          id={id}
          type="color"
          value={value}
          className="h-11 w-14 shrink-0 cursor-pointer rounded-md border border-edge bg-raised p-1"
          onChange={(event) => onChange(event.target.value)}
        />
        <input
          type="text"
          aria-label={t.hex(label)}
          aria-invalid={isColour ? undefined : true}
          aria-describedby={isColour ? undefined : `${id}-fault`}
          value={typed}
          maxLength={7}
          spellCheck={false}
          autoComplete="off"
          className="h-11 w-full min-w-0 rounded-md border border-edge bg-raised px-3 text-ink tabular-nums aria-invalid:border-bad"
          onChange={(event) => {
            setTyped(event.target.value);
            const colour = asColour(event.target.value);
            if (colour) onChange(colour);
          }}
        />
      </div>
      {!isColour && (
        <p id={`${id}-fault`} className="text-sm text-bad">
          {t.hexFault}
        </p>
      )}
    </div>
  );
}

/** `#1d4ed8` and `1D4ED8` as the database keeps them; undefined while it is not written out, and for what lets light through. */
function asColour(typed: string): string | undefined {
  const digits = /^#?([0-9a-f]{6})$/i.exec(typed.trim())?.[1];
  return digits && `#${digits.toLowerCase()}`;
}
