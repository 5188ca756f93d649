import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { Button, IconButton } from "./Button";
import { Icon } from "./Icon";
import { dismissToast, useToasts, type ToastMessage } from "./toast";

const lifetime = 10_000; // ms

/** Where toasts appear; stands once, in the root. */
export function Toasts() {
  const toasts = useToasts();
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-0 bottom-0 z-30 flex flex-col items-center gap-2 p-4"
    >
      {toasts.map((message) => (
        <Toast key={message.id} message={message} />
      ))}
    </div>
  );
}

function Toast({ message }: { message: ToastMessage }) {
  const t = useTexts(common);
  // Held while the pointer or the focus is on it: nobody is hurried out of an undo.
  const [held, setHeld] = useState(false);

  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismissToast(message.id), lifetime);
    return () => clearTimeout(timer);
  }, [held, message.id]);

  return (
    // Not a control: being pointed at only stops the clock.
    // eslint-disable-next-line jsx-a11y-x/no-static-element-interactions
    <div
      className="pointer-events-auto flex max-w-full items-center gap-2 rounded-md bg-ink py-1 pr-1 pl-4 text-paper shadow-float"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span className="py-2">{message.text}</span>
      {message.undo && (
        <Button
          variant="quiet"
          size="small"
          className="text-paper underline hover:bg-transparent"
          onClick={() => {
            dismissToast(message.id);
            message.undo?.();
          }}
        >
          {t.undo}
        </Button>
      )}
      <IconButton
        label={t.close}
        className="size-9 text-paper hover:bg-transparent"
        onClick={() => dismissToast(message.id)}
      >
        <Icon of={X} size={18} />
      </IconButton>
    </div>
  );
}
