import { clsx } from "clsx";
import { X } from "lucide-react";
import { useEffect, useId, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { asApiError, type ApiError } from "../api/errors";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { errorTexts } from "../i18n/errors";
import { Button, IconButton } from "./Button";
import { catchFocus } from "./focus";
import { Icon } from "./Icon";
import { Problem } from "./Notice";
import { toast } from "./toast";

type DialogProps = {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** It cannot be put aside: no cross, no Escape. */
  locked?: boolean;
  /** For what is read at length. */
  wide?: boolean;
};

/**
 * A modal dialog. The browser's own <dialog>: it traps the focus, closes on Escape and gives the focus back,
 * without the style element a script library would inject and our CSP would refuse.
 */
export function Dialog(props: DialogProps) {
  return props.open ? <OpenDialog {...props} /> : null;
}

function OpenDialog({ onClose, title, children, locked, wide }: DialogProps) {
  const t = useTexts(common);
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  // A layout effect, because it closes while the dialog still stands in the page: only then does the browser
  // give the focus back to what opened it.
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      // What opened it may be gone: the removed card's button, the invitation's row.
      catchFocus();
    };
  }, []);

  return (
    <dialog
      ref={element}
      aria-labelledby={titleId}
      className={clsx(
        "m-auto rounded-md bg-raised p-0 text-ink shadow-float",
        wide ? "w-[min(48rem,calc(100vw-2rem))]" : "w-[min(30rem,calc(100vw-2rem))]",
      )}
      onCancel={(event) => {
        // In React these two bubble: what a dialog over this one says is not ours.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        if (!locked) onClose();
      }}
      // A browser lets a second Escape through whatever `cancel` says.
      onClose={(event) => {
        if (locked && event.target === event.currentTarget) element.current?.showModal();
      }}
    >
      <div className="flex flex-col gap-4 p-5 sm:p-6">
        <div className="flex items-start justify-between gap-4">
          <h2 id={titleId} className="text-xl">
            {title}
          </h2>
          {!locked && (
            <IconButton label={t.close} className="-mt-2 -mr-2" onClick={onClose}>
              <Icon of={X} />
            </IconButton>
          )}
        </div>
        {children}
      </div>
    </dialog>
  );
}

type Question = {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What will follow. */
  children: ReactNode;
  /** The verb on the button. */
  action: string;
  /** The verb while it works: «Удаляем…». */
  pendingText: string;
  /** The way back, where «Отмена» could be taken for the deed itself. */
  keep?: string;
  onConfirm: () => Promise<unknown>;
};

/**
 * Asks before something is destroyed. The question names the thing: «Удалить карту •• 4444?», and so does the
 * button: «Удалить карту». A failure is said inside, and the dialog stays.
 */
export function ConfirmDialog(question: Question) {
  return <AskDialog {...question} variant="danger" />;
}

/** The same for what destroys nothing. */
export function AskDialog(question: Question & { variant?: "primary" | "danger" }) {
  // Closed, it keeps nothing: the next question begins without the last one's failure.
  return question.open ? <OpenQuestion {...question} /> : null;
}

function OpenQuestion({
  onClose,
  title,
  children,
  action,
  pendingText,
  keep,
  onConfirm,
  variant = "primary",
}: Question & { variant?: "primary" | "danger" }) {
  const t = useTexts(common);
  const texts = useTexts(errorTexts);
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  const isOpen = useRef(true);

  useEffect(() => {
    isOpen.current = true;
    return () => {
      isOpen.current = false;
    };
  }, []);

  async function confirm() {
    setPending(true);
    setProblem(undefined);
    try {
      await onConfirm();
      if (isOpen.current) onClose();
    } catch (error) {
      const failure = asApiError(error);
      // Somebody who did not wait for the end hears of it all the same.
      if (isOpen.current) setProblem(failure);
      else toast(texts[failure.code], { kind: "bad" });
    } finally {
      setPending(false);
    }
  }

  return (
    <Dialog open onClose={onClose} title={title}>
      <div>{children}</div>
      {problem && <Problem error={problem} />}
      <div className="flex flex-col-reverse gap-3 sm:flex-row sm:justify-end">
        <Button onClick={onClose}>{keep ?? t.cancel}</Button>
        <Button variant={variant} pending={pending && pendingText} onClick={() => void confirm()}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
