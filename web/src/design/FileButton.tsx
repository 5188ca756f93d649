import { useRef, type ComponentProps, type ReactNode } from "react";
import { Button } from "./Button";

/** A button that lets files be chosen. The same file may be chosen again after it failed. */
export function FileButton({
  accept,
  multiple,
  onFiles,
  children,
  ...look
}: {
  /** MIME types: what the browser offers first; what arrives has to be judged all the same. */
  accept: readonly string[];
  multiple?: boolean;
  onFiles: (files: File[]) => void;
  children: ReactNode;
} & Pick<ComponentProps<typeof Button>, "variant" | "size" | "icon" | "pending">) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept={accept.join(",")}
        multiple={multiple}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
      <Button {...look} onClick={() => input.current?.click()}>
        {children}
      </Button>
    </>
  );
}
