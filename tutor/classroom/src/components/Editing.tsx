import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom";
import { type Editor, openEditor, type Sheet } from "../editor";
import { languageOf } from "../languages";
import { isEditable, mainFile } from "../page";
import { own } from "../records";
import { started } from "../work";
import { Icon } from "./Icon";
import { TabRow } from "./TabRow";

/** The editor, and a tab for each file of the step if it has several. */
export function Editing({
  room,
  editor,
  run,
}: {
  room: Classroom;
  editor: { current: Editor | null };
  run: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  // The file that is shown, by step; empty for the program itself.
  const [paths, setPaths] = useState<Record<string, string>>({});
  const { step } = room;
  const path = own(paths, step.id) ?? "";
  // Read when it is used: between drawing and effect the student may have typed on.
  const sheet = () => sheetOf(room, path);
  const work = room.programs.shown(step);
  const { shown } = room.programs.of(step);
  // biome-ignore lint/correctness/useExhaustiveDependencies: opened once; what is shown then, goes through `show`
  useLayoutEffect(() => {
    if (box.current) {
      editor.current = openEditor(box.current, sheet(), run);
    }
    return () => editor.current?.destroy();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each change of the program, whoever made it
  useLayoutEffect(() => editor.current?.show(sheet()), [step, path, shown, work]);
  return (
    <>
      {step.files.length > 0 && (
        <FileTabs
          room={room}
          path={path}
          choose={(chosen) => setPaths({ ...paths, [step.id]: chosen })}
        />
      )}
      <div class="editor" id="editor" ref={box} />
      <p class="sr-only" id="editor-keys">
        Tab indents. To leave the editor, press Escape, then Tab. Ctrl or Command with Enter runs
        the program.
      </p>
    </>
  );
}

function FileTabs({
  room,
  path,
  choose,
}: {
  room: Classroom;
  path: string;
  choose: (path: string) => void;
}) {
  const { step, page } = room;
  const files = [
    { path: "", name: mainFile(page.language), editable: true },
    ...step.files.map((file) => ({ ...file, name: file.path })),
  ];
  return (
    <TabRow
      label="Files"
      look="files"
      current={path}
      choose={choose}
      tabs={files.map((file) => {
        const mine = file.editable && isEditable(step);
        return {
          name: file.path,
          controls: "editor",
          label: (
            <>
              {!mine && <Icon name="lock" />}
              {file.name}
              {!mine && <span class="sr-only"> (read only)</span>}
            </>
          ),
        };
      })}
    />
  );
}

/** What the editor shows of the step: the program, or the file at `path`. */
function sheetOf(room: Classroom, path: string): Sheet {
  const { step, page } = room;
  const file = step.files.find((one) => one.path === path);
  const { shown } = room.programs.of(step);
  const known = room.programs.shown(step);
  const work = known ?? started(step);
  const mine = isEditable(step) && (file?.editable ?? true);
  const label = mine ? "Your program" : "The program";
  return {
    // A version has its own undo, and keeps it when it becomes the program.
    name: `${step.id} ${shown} ${path}`,
    text: file ? (work.files[path] ?? file.text) : work.code,
    // Until the server has said what the student's program is, nothing typed could be kept.
    readOnly: !mine || known === null,
    label: file ? `File ${path}` : label,
    language: languageOf(path || mainFile(page.language)),
    changed: (before, after) => room.edit(step.id, shown, path, before, after),
  };
}
