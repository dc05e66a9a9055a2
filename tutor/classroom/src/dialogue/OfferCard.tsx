import type { Classroom } from "../classroom/classroom";
import { goToStep } from "../controls/goToStep";
import { Icon } from "../controls/Icon";
import type { OfferItem } from "../protocol/frames";
import { isOfferOpen } from "../state/moves";
import { mayCheck } from "../state/permissions";

/** A button that does what one of the page's own does, where the tutor suggests it. */
export function OfferCard({ classroom, item }: { classroom: Classroom; item: OfferItem }) {
  const { state, page, step } = classroom;
  const isOpen = isOfferOpen(state, item);
  switch (item.what) {
    case "attempt":
      return (
        <Offer
          icon="check"
          words="Check my program"
          disabled={!isOpen || !mayCheck(state, step)}
          act={() => {
            classroom.showPanel("Code");
            classroom.check();
          }}
        />
      );
    case "next": {
      const next = page.steps[page.steps.findIndex(({ id }) => id === item.step) + 1];
      return next ? (
        <Offer
          icon="next"
          words="Go to the next step"
          disabled={!isOpen}
          act={() => goToStep(classroom, next)}
        />
      ) : null;
    }
    case "variant": // there are none on the page
      return null;
  }
}

function Offer({
  icon,
  words,
  disabled,
  act,
}: {
  icon: "check" | "next";
  words: string;
  disabled: boolean;
  act: () => void;
}) {
  return (
    <p class="offer">
      <button type="button" class="small" disabled={disabled} onClick={act}>
        <Icon name={icon} /> {words}
      </button>
    </p>
  );
}
