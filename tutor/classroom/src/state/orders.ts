// Runs and attempts that the student orders: shown at once, kept until the server answers them.

import type { Answer, Hello, Hint, RunCode, RunView, Say } from "../protocol/frames";
import { returnMessage } from "./dialogue";
import type { Order, State } from "./model";
import { refuseAnswer } from "./moves";
import { type AttemptOrder, orderAttempt, refuseAttempt, touchStep } from "./progress";
import { queuedRun } from "./runState";

/** A frame that is sent again until the server has answered it. */
export type Sent = Say | Answer | Order | Hint;

/** All that the server has not answered yet. */
export function unconfirmed({ unsent, answers, orders, hintOrder }: State): Sent[] {
  return [...unsent, ...answers, ...orders, ...(hintOrder ? [hintOrder] : [])];
}

export function orderRun(state: State, order: RunCode): State {
  const step = order.step ?? "";
  return {
    ...state,
    orders: [...state.orders, order],
    ownRun: queuedRun(order),
    ownRunStep: step,
    resultTabs: { ...state.resultTabs, [step]: "output" },
    progress: touchStep(state.progress, step),
  };
}

export function orderStepAttempt(state: State, order: AttemptOrder): State {
  return {
    ...state,
    orders: [...state.orders, order],
    resultTabs: { ...state.resultTabs, [order.step ?? ""]: "check" },
    progress: orderAttempt(state.progress, order),
  };
}

/** The attempts among the orders. */
export function attemptsAmong(orders: Order[]): AttemptOrder[] {
  return orders.filter((order) => order.type !== "run");
}

/** True if the server knows the order. */
export function isKnownTo(hello: Hello, { id, type }: Order): boolean {
  return type === "run"
    ? hello.last_run?.id === id
    : hello.steps.some(({ last }) => last?.id === id);
}

/** The server has not taken what the student sent under this id: `why` is shown with it. */
export function refuseSent(state: State, id: string, why: string): State {
  const answer = state.answers.find((one) => one.id === id);
  const order = state.orders.find((one) => one.id === id);
  if (answer) {
    return refuseAnswer(state, answer, why);
  }
  if (state.hintOrder?.id === id) {
    return { ...state, hintOrder: null, hintRefusal: why };
  }
  return order ? refuseOrder(state, order, why) : returnMessage(state, id, why);
}

function refuseOrder(state: State, order: Order, why: string): State {
  const { id } = order;
  const orders = state.orders.filter((one) => one !== order);
  if (order.type !== "run") {
    return { ...state, orders, progress: refuseAttempt(state.progress, order, why) };
  }
  const ownRun: RunView | null =
    state.ownRun?.id === id
      ? { ...state.ownRun, state: "unavailable", message: why }
      : state.ownRun;
  return { ...state, orders, ownRun };
}
