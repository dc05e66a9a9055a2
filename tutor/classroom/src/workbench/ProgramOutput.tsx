import type { ComponentChildren } from "preact";
import { Icon } from "../controls/Icon";
import type { FileView, Printed as Piece, RunView } from "../protocol/frames";
import { formatBytes, formatDuration, isPicture } from "../state/runLabels";
import { isRunning } from "../state/runState";

/** Output and input of a program in the order in which they came, and its files. */
export function ProgramOutput({ run }: { run: RunView }) {
  // A message says why there is nothing to see; perhaps something was printed.
  const silent = run.state === "ok" && run.output.length === 0 && run.message === "";
  return (
    <>
      {run.output.length > 0 && <Transcript output={run.output} />}
      {silent && run.files.length === 0 && <p class="faint">The program printed nothing.</p>}
      <OutputFiles files={run.files} />
    </>
  );
}

export function Transcript({ output }: { output: Piece[] }) {
  return (
    <CodeListing label="What the program printed" kind="transcript">
      {output.map(({ stream, text }, index) => (
        <span key={index} class={stream === "stdin" ? "typed" : stream}>
          {text}
        </span>
      ))}
    </CodeListing>
  );
}

/** Exit code, time and memory of a run that has ended. */
export function RunFigures({ run }: { run: RunView }) {
  if (isRunning(run) || run.exit_code === null) {
    return null;
  }
  return (
    <span class="figures">
      exit code {run.exit_code} · {formatDuration(run.duration_ms)}
      {run.peak_memory_kb > 0 && ` · ${formatBytes(run.peak_memory_kb * 1_024)}`}
    </span>
  );
}

/** The files that a program has left: pictures to look at, others to download. */
function OutputFiles({ files }: { files: FileView[] }) {
  const pictures = files.filter(isPicture);
  const others = files.filter((file) => !isPicture(file));
  return (
    <>
      {pictures.map((file) => (
        <a key={file.name} class="picture" href={file.url} target="_blank" rel="noopener">
          <img src={file.url} alt={`${file.name}, drawn by the program`} loading="lazy" />
        </a>
      ))}
      {others.length > 0 && (
        <ul class="left" aria-label="Files of the program">
          {others.map((file) => (
            <li key={file.name}>
              <Icon name="file" />
              <OutputFile file={file} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function OutputFile({ file }: { file: FileView }) {
  if (file.skipped) {
    return (
      <span>
        {file.name} <span class="faint">– {file.skipped}</span>
      </span>
    );
  }
  return (
    <span>
      <a href={file.url} download={file.name}>
        {file.name}
      </a>{" "}
      <span class="faint">{formatBytes(file.bytes)}</span>
    </span>
  );
}

export function CodeListing({
  label,
  kind,
  children,
}: {
  label: string;
  kind: "program" | "transcript";
  children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what overflows must scroll by keyboard too
    <pre role="group" aria-label={label} class={kind} tabIndex={0}>
      {children}
    </pre>
  );
}
