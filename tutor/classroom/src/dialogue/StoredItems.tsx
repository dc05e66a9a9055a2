import type { ComponentChild } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import type { Item } from "../state/model";
import { isUnsettled } from "../state/pages";
import type { ShownItems } from "../state/shownItems";
import { DialogueItem, type PlainItem } from "./DialogueItem";
import { HintCard } from "./HintCard";
import { OfferCard } from "./OfferCard";
import { PredictionCard } from "./PredictionCard";

/**
 * The stored items that are drawn. Only what comes while the page is open is live: a screen reader
 * hears an answer once, when it is whole, and not what was said before when that is brought.
 */
export function StoredItems({ classroom, shown }: { classroom: Classroom; shown: ShownItems }) {
  const { items, greeted } = classroom.state;
  const { language } = classroom.page;
  // The past that hello brings is not news.
  const [announce, setAnnounce] = useState(false);
  if (greeted && !announce) {
    setTimeout(() => setAnnounce(true), 1_000);
  }
  // The number up to which all is past. What was not drawn for a while is no news when it is again.
  const past = useRef(0);
  if (!announce || shown.hasLater) {
    past.current = items.at(-1)?.number ?? 0;
  }
  const messages = useRef(new WeakMap<Item, ComponentChild>());
  const draw = (item: Item) => {
    if (!isPlain(item)) {
      return <Move key={item.number} classroom={classroom} item={item} isNew={announce} />;
    }
    const known = messages.current.get(item) ?? drawn(item, language);
    messages.current.set(item, known);
    return known;
  };
  const all = [...shown.before, ...shown.items, ...shown.after];
  return (
    <>
      <div class="dialogue">
        {all.filter(({ number }) => number <= past.current).map(draw)}
        {greeted && items.length === 0 && <Welcome />}
      </div>
      <div class="dialogue" aria-live={announce ? "polite" : "off"}>
        {all.filter(({ number }) => number > past.current).map(draw)}
      </div>
    </>
  );
}

function isPlain(item: Item): item is PlainItem {
  return item.kind === "student" || item.kind === "tutor" || item.kind === "run";
}

function drawn(item: PlainItem, language: string) {
  return (
    <div key={item.number} class="item" data-item={item.number}>
      <DialogueItem item={item} language={language} />
    </div>
  );
}

interface MoveProps {
  classroom: Classroom;
  item: Exclude<Item, PlainItem>;
  isNew: boolean;
}

/** A move of the tutor's. Hints and what is settled change with the program only. */
function Move({ classroom, item, isNew }: MoveProps) {
  const changes = item.kind === "offer" || isUnsettled(item);
  const outdated = item.kind !== "offer" && classroom.moves.isOutdated(item);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever else it draws changes with these
  const card = useMemo(
    () => <Card classroom={classroom} item={item} isNew={isNew} />,
    [item, outdated, changes ? {} : null],
  );
  return (
    <div class="item" data-item={item.number}>
      {card}
    </div>
  );
}

function Card({ classroom, item, isNew }: MoveProps) {
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
