import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { ownProperty } from "../base/records";
import type { Classroom } from "../classroom/classroom";
import { Icon } from "../controls/Icon";
import { TabRow } from "../controls/TabRow";
import { type Editor, type EditorContent, openEditor } from "../editor/codeEditor";
import { languages } from "../editor/languages";
import { isEditable } from "../page/pageData";
import { fileText, starterSource } from "../program/source";
import { shownCopy } from "../program/workingCopies";

/** The editor, and a tab for each file of the step if it has several. */
export function EditorPane({
  classroom,
  editor,
  run,
}: {
  classroom: Classroom;
  editor: { current: Editor | null };
  run: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  // The file that is shown, by step; empty for the program itself.
  const [paths, setPaths] = useState<Record<string, string>>({});
  const { step } = classroom;
  const path = ownProperty(paths, step.id) ?? "";
  // Read when it is used: between drawing and effect the student may have typed on.
  const content = () => editorContent(classroom, path);
  const source = classroom.programs.shownSource(step);
  const { shown } = classroom.programs.stateOf(step);
  // biome-ignore lint/correctness/useExhaustiveDependencies: opened once; what is shown then, goes through `show`
  useLayoutEffect(() => {
    if (box.current) {
      editor.current = openEditor(box.current, content(), run);
    }
    return () => editor.current?.destroy();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each change of the program, whoever made it
  useLayoutEffect(() => editor.current?.show(content()), [step, path, shown, source]);
  return (
    <>
      {step.files.length > 0 && (
        <FileTabs
          classroom={classroom}
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
  classroom,
  path,
  choose,
}: {
  classroom: Classroom;
  path: string;
  choose: (path: string) => void;
}) {
  const { step, page } = classroom;
  const files = [
    { path: "", name: page.main_file, editable: true },
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

/** The content of the editor: the program of the step, or the file at `path`. */
function editorContent(classroom: Classroom, path: string): EditorContent {
  const { step, page } = classroom;
  const file = step.files.find((one) => one.path === path);
  const program = classroom.programs.stateOf(step);
  const { shown } = program;
  const replaced = shownCopy(program)?.replaced ?? null;
  const known = classroom.programs.shownSource(step);
  const source = known ?? starterSource(step);
  const mine = isEditable(step) && (file?.editable ?? true);
  const readOnly = !mine || known === null;
  const label = mine ? "Your program" : "The program";
  return {
    // A version has its own undo, and keeps it when it becomes the program.
    name: `${step.id} ${shown} ${path}`,
    text: file ? (source.files[path] ?? file.text) : source.code,
    replaced: replaced && mine ? fileText(replaced, path) : null,
    // Until the server has said what the student's program is, nothing typed could be kept.
    readOnly,
    label: file ? `File ${path}` : label,
    language: languages.ofFile(path || page.main_file),
    changed: (before, after) => classroom.edit(step.id, shown, path, before, after),
    pasted: (characters) => path === "" && classroom.pastes.record(step.id, characters),
    undo: undoKeeper(classroom, readOnly, path),
  };
}

function undoKeeper(classroom: Classroom, readOnly: boolean, path: string): EditorContent["undo"] {
  const { step, programs, undo } = classroom;
  const { shown } = programs.stateOf(step);
  return readOnly ? undefined : undo.keeper({ step: step.id, copy: shown, path });
}
