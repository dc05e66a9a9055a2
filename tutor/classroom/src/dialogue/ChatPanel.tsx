import { useLayoutEffect } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import { ConnectionClosed } from "../controls/ConnectionStatus";
import { Icon } from "../controls/Icon";
import { hasText } from "../state/dialogue";
import type { AnswerPiece, State } from "../state/model";
import { isAnswering } from "../state/selectors";
import { GrowingMarkdown } from "../text/Markdown";
import { Composer } from "./Composer";
import { QueuedMessage, UnsentMessage } from "./DialogueItem";
import { MoreButton } from "./MoreButton";
import { RunCard } from "./RunCard";
import { StoredItems } from "./StoredItems";
import { TurnAnnouncer } from "./TurnAnnouncer";
import { useKeptRoom } from "./useKeptRoom";
import { useShownItems } from "./useShownItems";
import { useStickToBottom } from "./useStickToBottom";
import { useWaitingWords } from "./useWaitingWords";
import type { Waiting } from "./waitingWords";

/** The dialogue with the tutor. */
export function ChatPanel({ classroom, hidden }: { classroom: Classroom; hidden: boolean }) {
  const { state } = classroom;
  const content = useKeptRoom(state.withdrawnIn !== null, state);
  const waiting = useWaitingWords(state, classroom.step);
  const { box, following, follow, stay } = useStickToBottom(state);
  const { shown, from, showEarlier, showLater, showLast } = useShownItems(
    classroom,
    box,
    following,
  );
  const first = shown.items[0]?.number;
  // Who reads at the end stays there, whatever came or went before.
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are the occasions
  useLayoutEffect(stay, [first, from]);
  const toEnd = () => {
    showLast();
    follow();
  };
  return (
    <section class="panel chat-panel" id="tutor" aria-label="Tutor" data-hidden={hidden}>
      <header class="panel-head">
        <h2>Tutor</h2>
        <TutorStatus state={state} />
      </header>
      {state.emulated && <p class="banner">Practice tutor: a local script answers, no AI model</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls what it can get to */}
      <section class="chat-scroll" ref={box} tabIndex={0} aria-label="Messages">
        <div class="chat-content" ref={content}>
          <div class="log" role="log" aria-label="Dialogue" aria-live="off">
            {(shown.hasEarlier || state.older) && (
              <MoreButton
                box={box}
                words="Show earlier messages"
                busy={!shown.hasEarlier && state.olderOrder !== 0}
                news={`${first} ${state.start}`}
                more={showEarlier}
              />
            )}
            <StoredItems classroom={classroom} shown={shown} />
            {shown.hasLater && (
              <MoreButton
                box={box}
                words="Show later messages"
                busy={false}
                news={first}
                more={showLater}
              />
            )}
          </div>
          <PendingMessages classroom={classroom} waiting={waiting} />
        </div>
      </section>
      {!following && (
        <button type="button" class="small jump" onClick={toEnd}>
          <Icon name="down" /> Jump to latest
        </button>
      )}
      <Notices classroom={classroom} />
      <Composer classroom={classroom} said={toEnd} />
      <TurnAnnouncer turn={state.turn} waits={waiting?.spoken ? waiting.words : ""} />
    </section>
  );
}

/** All that is not stored yet: messages on their way, the answer being written, runs. */
function PendingMessages({
  classroom,
  waiting,
}: {
  classroom: Classroom;
  waiting: Waiting | null;
}) {
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
          <GrowingMarkdown text={piece.text} />
        </article>
      ))}
      {state.tutorRuns.map((run) => (
        <RunCard key={run.id} run={run} language={classroom.page.language} />
      ))}
      <TutorActivity classroom={classroom} waiting={waiting} />
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
function TutorActivity({ classroom, waiting }: { classroom: Classroom; waiting: Waiting | null }) {
  const { turn, askedAnew, connection } = classroom.state;
  if (!turn) {
    return null;
  }
  if (isAnswering(classroom.state)) {
    const isRead = hasText(classroom.state, turn.number) && !turn.message;
    return (
      <>
        {askedAnew && <p class="notice">{askedAnew.message}</p>}
        {waiting && !isRead && (
          <>
            <p class="doing">
              {waiting.words.replace(/\.$/, "")}
              <span class="dots" aria-hidden="true" />
            </p>
            <p class="meanwhile">{waiting.meanwhile}</p>
          </>
        )}
      </>
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
