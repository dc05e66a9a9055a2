import { useMemo, useState } from "preact/hooks";
import type { Classroom } from "../classroom";
import type { Language } from "../page";
import { type Item, isAnswering, type State } from "../state";
import { Announcer } from "./Announcer";
import { Composer } from "./Composer";
import { Farewell } from "./Connection";
import { useFollowing } from "./following";
import { Icon } from "./Icon";
import { Markdown, Message, Unsent, Waiting } from "./Message";
import { RunCard } from "./RunCard";

/** The dialogue with the tutor. */
export function Chat({ room, hidden }: { room: Classroom; hidden: boolean }) {
  const { state } = room;
  const { box, following, follow } = useFollowing(state);
  return (
    <section class="panel chat-panel" id="tutor" aria-label="Chat" data-hidden={hidden}>
      <header class="panel-head">
        <h2>Tutor</h2>
        <TutorState state={state} />
      </header>
      {state.emulated && <p class="banner">Practice tutor: a local script answers, no AI model</p>}
      <div class="chat-scroll" ref={box}>
        <Dialogue items={state.items} live={state.greeted} language={room.page.language} />
        <Tail room={room} />
      </div>
      {!following && (
        <button type="button" class="small jump" onClick={follow}>
          <Icon name="down" /> Jump to latest
        </button>
      )}
      <Notices room={room} />
      <Composer room={room} said={follow} />
      <Announcer turn={state.turn} />
    </section>
  );
}

/** What is stored. Only this is a log: a screen reader hears an answer once, when it is whole. */
function Dialogue({ items, live, language }: { items: Item[]; live: boolean; language: Language }) {
  // The past that hello brings is not news.
  const [announce, setAnnounce] = useState(false);
  if (live && !announce) {
    setTimeout(() => setAnnounce(true), 1_000);
  }
  const messages = useMemo(
    () => items.map((item) => <Message key={item.number} item={item} language={language} />),
    [items, language],
  );
  return (
    <div class="dialogue" role="log" aria-label="Dialogue" aria-live={announce ? "polite" : "off"}>
      {messages}
      {live && items.length === 0 && <Welcome />}
    </div>
  );
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

/** What is not stored yet: messages on their way, the answer that is being written, runs. */
function Tail({ room }: { room: Classroom }) {
  const { state } = room;
  const offline = state.link.state !== "online";
  return (
    <div class="dialogue tail" aria-live="off">
      {state.writing.map((piece) => (
        <article
          key={`${piece.turn}.${piece.request}`}
          class="message tutor writing"
          aria-label="Tutor, writing"
        >
          <Markdown text={piece.text} />
        </article>
      ))}
      {state.tutorRuns.map((run) => (
        <RunCard key={run.id} run={run} language={room.page.language} />
      ))}
      <Doing room={room} />
      {state.waiting.map(({ id, text }) => (
        <Waiting key={id} text={text} />
      ))}
      {state.unsent.map((say) => (
        <Unsent
          key={say.id}
          say={say}
          offline={offline}
          atRisk={room.isAtRisk}
          takeBack={() => room.takeBack(say.id)}
        />
      ))}
    </div>
  );
}

/** What the tutor is at, where no text shows it, or how the last turn ended. */
function Doing({ room }: { room: Classroom }) {
  const { turn, writing, link } = room.state;
  if (!turn) {
    return null;
  }
  if (isAnswering(room.state)) {
    const doing = turn.state === "running" ? "The tutor runs a program" : "The tutor is thinking";
    return writing.length > 0 && !turn.message ? null : (
      <p class="doing">
        {turn.message || doing}
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
          disabled={link.state !== "online"}
          onClick={() => room.tryAgain()}
        >
          Try again
        </button>
      </div>
    );
  }
  return turn.message ? <p class="notice">{turn.message}</p> : null;
}

function TutorState({ state }: { state: State }) {
  const { tutor, link } = state;
  const words = isAnswering(state)
    ? "Answering"
    : { connecting: "Getting ready…", ready: "Ready", unavailable: "Not available" }[tutor.state];
  const shown = link.state === "online" ? words : "";
  return (
    <span class="tutor-state" role="status" aria-label="Tutor state">
      {shown}
    </span>
  );
}

function Notices({ room }: { room: Classroom }) {
  const { link, tutor, notice } = room.state;
  return (
    <>
      {link.state === "closed" && (
        <Farewell
          code={link.code}
          kept={room.drawer.isKept}
          loginUrl={room.page.login_url}
          lessonsUrl={room.page.lessons_url}
        />
      )}
      {link.state === "online" && tutor.state === "unavailable" && (
        <p class="notice" role="status">
          {tutor.message || "The tutor is not available at the moment. Your program can be run."}
        </p>
      )}
      {notice && (
        <div class="notice bad" role="alert">
          <p>{notice}</p>
          <button type="button" class="quiet" aria-label="Close" onClick={() => room.closeNotice()}>
            <Icon name="close" />
          </button>
        </div>
      )}
    </>
  );
}
