import { useEffect, useRef, type ReactNode } from "react";
import { Notice } from "./Notice";

/** What stands in a form's place once it is sent; the focus goes there with the form. */
export function Sent({ title, action, children }: { title: string; action: ReactNode; children: string }) {
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => notice.current?.focus(), []);
  return (
    <div ref={notice} tabIndex={-1} className="focus-visible:rounded-md">
      <Notice kind="good" live="status" title={title} action={action}>
        {children}
      </Notice>
    </div>
  );
}
