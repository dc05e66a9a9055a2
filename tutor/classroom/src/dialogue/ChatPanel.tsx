import { useMemo, useState } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import { ConnectionClosed } from "../controls/ConnectionStatus";
import { Icon } from "../controls/Icon";
import type { AnswerPiece, Item, State } from "../state/model";
import { isAnswering } from "../state/selectors";
import { Markdown } from "../text/Markdown";
import { Composer } from "./Composer";
import { DialogueItem, type PlainItem, QueuedMessage, UnsentMessage } from "./DialogueItem";
import { HintCard } from "./HintCard";
import { OfferCard } from "./OfferCard";
import { PredictionCard } from "./PredictionCard";
import { RunCard } from "./RunCard";
import { TurnAnnouncer } from "./TurnAnnouncer";
import { useKeptRoom } from "./useKeptRoom";
import { useStickToBottom } from "./useStickToBottom";

/** The dialogue with the tutor. */
export function ChatPanel({ classroom, hidden }: { classroom: Classroom; hidden: boolean }) {
  const { state } = classroom;
  const content = useKeptRoom(state.withdrawnIn !== null, state);
  const { box, following, follow } = useStickToBottom(state);
  return (
    <section class="panel chat-panel" id="tutor" aria-label="Tutor" data-hidden={hidden}>
      <header class="panel-head">
        <h2>Tutor</h2>
        <TutorStatus state={state} />
      </header>
      {state.emulated && <p class="banner">Practice tutor: a local script answers, no AI model</p>}
      <div class="chat-scroll" ref={box}>
        <div class="chat-content" ref={content}>
          <Dialogue classroom={classroom} />
          <PendingMessages classroom={classroom} />
        </div>
      </div>
      {!following && (
        <button type="button" class="small jump" onClick={follow}>
          <Icon name="down" /> Jump to latest
        </button>
      )}
      <Notices classroom={classroom} />
      <Composer classroom={classroom} said={follow} />
      <TurnAnnouncer turn={state.turn} />
    </section>
  );
}

/** The stored items. Only this is a log: a screen reader hears an answer once, when it is whole. */
function Dialogue({ classroom }: { classroom: Classroom }) {
  const { items, greeted: live } = classroom.state;
  const { language } = classroom.page;
  // The past that hello brings is not news.
  const [announce, setAnnounce] = useState(false);
  if (live && !announce) {
    setTimeout(() => setAnnounce(true), 1_000);
  }
  const messages = useMemo(
    () => new Map(items.filter(isPlain).map((item) => [item.number, drawn(item, language)])),
    [items, language],
  );
  return (
    <div class="dialogue" role="log" aria-label="Dialogue" aria-live={announce ? "polite" : "off"}>
      {items.map((item) =>
        isPlain(item) ? (
          messages.get(item.number)
        ) : (
          <Move key={item.number} classroom={classroom} item={item} isNew={announce} />
        ),
      )}
      {live && items.length === 0 && <Welcome />}
    </div>
  );
}

function isPlain(item: Item): item is PlainItem {
  return item.kind === "student" || item.kind === "tutor" || item.kind === "run";
}

function drawn(item: PlainItem, language: string) {
  return <DialogueItem key={item.number} item={item} language={language} />;
}

/** A move of the tutor's: it changes with the program, the step and what the student writes. */
function Move({
  classroom,
  item,
  isNew,
}: {
  classroom: Classroom;
  item: Exclude<Item, PlainItem>;
  isNew: boolean;
}) {
  switch (item.kind) {
    case "prediction":
      return <PredictionCard classroom={classroom} item={item} isNew={isNew} />;
    case "hint":
      return <HintCard classroom={classroom} item={item} />;
    case "offer":
      return <OfferCard classroom={classroom} item={item} />;
  }
}

function Welcome() {
  return (
    <div class="welcome">
      <p class="welcome-title">Stuck, or curious?</p>
      <p>
        Say what you expect your program to do and what it does instead. The tutor looks at it, runs
        it, and asks you the question that gets you further. It does not hand out solutions.
      </p>
    </div>
  );
}

/** All that is not stored yet: messages on their way, the answer being written, runs. */
function PendingMessages({ classroom }: { classroom: Classroom }) {
  const { state } = classroom;
  const offline = state.connection.state !== "online";
  return (
    <div class="dialogue tail" aria-live="off">
      {state.writing.filter(isWritten).map((piece) => (
        <article
          key={`${piece.turn}.${piece.request}`}
          class="message tutor writing"
          aria-label="Tutor, writing"
        >
          <Markdown text={piece.text} />
        </article>
      ))}
      {state.tutorRuns.map((run) => (
        <RunCard key={run.id} run={run} language={classroom.page.language} />
      ))}
      <TutorActivity classroom={classroom} />
      {state.waiting.map(({ id, text }) => (
        <QueuedMessage key={id} text={text} />
      ))}
      {state.unsent.map((say) => (
        <UnsentMessage
          key={say.id}
          say={say}
          offline={offline}
          atRisk={classroom.isAtRisk}
          takeBack={() => classroom.takeBack(say.id)}
        />
      ))}
    </div>
  );
}

function isWritten(piece: AnswerPiece): boolean {
  return piece.text !== "";
}

/** The tutor's activity, where no text shows it, or the end of the last turn. */
function TutorActivity({ classroom }: { classroom: Classroom }) {
  const { turn, writing, connection } = classroom.state;
  if (!turn) {
    return null;
  }
  if (isAnswering(classroom.state)) {
    const doing = turn.state === "running" ? "The tutor runs a program" : "The tutor is thinking";
    return writing.length > 0 && !turn.message ? null : (
      <p class="doing">
        {turn.message.replace(/\.$/, "") || doing}
        <span class="dots" aria-hidden="true" />
      </p>
    );
  }
  if (turn.state === "failed") {
    return (
      <div class="notice bad">
        <p>{turn.message || "The tutor could not answer."}</p>
        <button
          type="button"
          class="small"
          disabled={connection.state !== "online"}
          onClick={() => classroom.retryTurn()}
        >
          Try again
        </button>
      </div>
    );
  }
  return turn.message ? <p class="notice">{turn.message}</p> : null;
}

function TutorStatus({ state }: { state: State }) {
  const { tutor, connection } = state;
  const words = isAnswering(state)
    ? "Answering"
    : { connecting: "Getting ready…", ready: "Ready", unavailable: "Not available" }[tutor.state];
  const shown = connection.state === "online" ? words : "";
  return (
    <span class="tutor-state" role="status" aria-label="Tutor state">
      {shown}
    </span>
  );
}

function Notices({ classroom }: { classroom: Classroom }) {
  const { connection, storage, tutor, notice } = classroom.state;
  return (
    <>
      {connection.state === "closed" && (
        <ConnectionClosed
          code={connection.code}
          kept={classroom.store.isPersistent}
          loginUrl={classroom.page.login_url}
          lessonsUrl={classroom.page.lessons_url}
        />
      )}
      {storage.state === "unavailable" && (
        <p class="notice bad" role="alert">
          {storage.message || "Nothing can be stored at the moment. Keep this page open."}
        </p>
      )}
      {connection.state === "online" && tutor.state === "unavailable" && (
        <p class="notice" role="status">
          {tutor.message || "The tutor is not available at the moment. Your program can be run."}
        </p>
      )}
      {/* The reason for the end is said above; the server's own words for it would say it twice. */}
      {notice && connection.state !== "closed" && (
        <div class="notice bad" role="alert">
          <p>{notice}</p>
          <button
            type="button"
            class="quiet"
            aria-label="Close"
            onClick={() => classroom.closeNotice()}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
    </>
  );
}
