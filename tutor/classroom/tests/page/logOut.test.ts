import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { enableLogOut } from "../../src/page/logOut";

const submit = vi.fn();
const { showModal, close } = HTMLDialogElement.prototype;
const form = () => document.querySelector("form") as HTMLFormElement;
const dialog = () => document.querySelector("dialog");
const presses = (name: string) =>
  [...document.querySelectorAll("dialog button")]
    .find((one) => one.textContent === name)
    ?.dispatchEvent(new MouseEvent("click"));

function logsOut(...left: string[]): void {
  enableLogOut(() => Promise.resolve(left));
  form().dispatchEvent(new SubmitEvent("submit", { cancelable: true }));
}

beforeEach(() => {
  submit.mockClear();
  document.body.innerHTML = '<form id="log-out"></form>';
  form().submit = submit;
  // jsdom has no dialogs.
  HTMLDialogElement.prototype.showModal = () => {};
  HTMLDialogElement.prototype.close = function (value = "") {
    this.returnValue = value;
    this.dispatchEvent(new Event("close"));
  };
});

afterEach(() => {
  Object.assign(HTMLDialogElement.prototype, { showModal, close });
});

it("logs out at once where all is stored", async () => {
  logsOut();
  await vi.waitFor(() => expect(submit).toHaveBeenCalledTimes(1));
  expect(dialog()).toBeNull();
});

it("says first what is not stored", async () => {
  logsOut("a message to the tutor", "an answer");
  await vi.waitFor(() => expect(dialog()).not.toBeNull());
  expect(dialog()?.textContent).toContain("Not stored yet: a message to the tutor and an answer.");
  presses("Log out");
  await vi.waitFor(() => expect(submit).toHaveBeenCalledTimes(1));
  expect(dialog()).toBeNull();
});

it("stays where the answer is no", async () => {
  logsOut("an answer");
  await vi.waitFor(() => expect(dialog()).not.toBeNull());
  presses("Cancel");
  await vi.waitFor(() => expect(dialog()).toBeNull());
  expect(submit).not.toHaveBeenCalled();
});
